// SPDX-License-Identifier: Apache-2.0
// What colour lies behind the eye? Asked of the corners of a reduced picture.
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

namespace medvision {

/// Throws E_NO_FOV when nothing can be seen: all black, all white, no contrast. real: H×W 32F, a reduced picture.
/// depth: CV_8U or CV_16U, that of the picture it was made of.
void check_contrast(const cv::Mat& real, int depth);

/// A colour the background may have, in values of the picture.
struct background {
  cv::Scalar colour;
  int corners = 0;    ///< how many of the four show it
  double spread = 0;  ///< from the 10th to the 90th hundredth there, the largest over the channels
};

/// The median colours of the four corners (4 % of the shorter side), like ones joined, the most common first.
/// real: H×W 32F, 1 or 3 channels. bright: its brightest value, which says what is alike.
std::vector<background> corner_colours(const cv::Mat& real, double bright);

/// Largest difference from the background over the channels. real: H×W 32F. Returns H×W 32F.
cv::Mat distance_to(const background& b, const cv::Mat& real);

/// About 20000 values at even distances, of all channels: enough for quantiles. real: H×W 32F.
std::vector<float> samples(const cv::Mat& real);

/// The value that a share (0 to 1) of the values does not exceed. values: not empty.
float quantile(std::vector<float> values, double share);

}  // namespace medvision
