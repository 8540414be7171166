// SPDX-License-Identifier: Apache-2.0
// Uneven light taken away: each pixel as its difference from the mean around it.
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

struct local_mean_parameters {
  double sigma = 0;  ///< of the Gaussian mean, pixels, above 0 to 10000
  double gain = 4;   ///< times the difference, above 0 to 100
};

/// gain * (pixel - Gaussian mean) + middle, rounded half to even and saturated; middle is 128 or 32768.
/// image: H×W, 1 or 3 channels, 8U or 16U. inside: H×W 8U or empty; where given, the mean is taken over its nonzero
/// pixels only (no dark halo at the rim), and pixels outside become the middle value.
/// Returns a picture of the same size and type; a constant one becomes the middle value.
/// Throws E_SHAPE, E_DEPTH, E_OPTION (blame request).
/// The picture continues mirrored at its edges.
/// Source: B. Graham, Kaggle Diabetic Retinopathy Detection report, 2015. Differs: the mean is not rounded before the
/// difference; from sigma 16 it is made on a picture reduced by sigma / 8 (error below 0.5 of 255 on photographs).
cv::Mat subtract_local_mean(const cv::Mat& image, const local_mean_parameters& p, const cv::Mat& inside = {});

}  // namespace medvision
