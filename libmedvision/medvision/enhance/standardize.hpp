// SPDX-License-Identifier: Apache-2.0
// Values brought to a common scale: z-scores by the picture's own or by given statistics, or the full range.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string_view>

namespace medvision {

/// none: left alone. minmax: smallest to 0, largest to the full range. image: by the picture's own mean and standard
/// deviation. fixed: by those given.
enum class standardization { none, minmax, image, fixed };

struct standardize_parameters {
  standardization how = standardization::none;
  double mean = 0;       ///< of `fixed`, in values of the picture
  double deviation = 1;  ///< of `fixed`, in values of the picture, above 0
};

/// "none", "minmax", "image" or "MEAN,STD" (also as the text of a file) to parameters.
/// Throws E_OPTION (blame request) for anything else, and for a deviation that is not above 0.
standardize_parameters parse_standardization(std::string_view text);

/// Real values. z-scores are (x - mean) / max(deviation, 1e-5) with the population's deviation; minmax is
/// (x - min) / (max - min) * top. One set of statistics for all channels, so that hues stay.
/// values: H×W, 1 or 3 channels, 8U, 16U or 64F. top: the full range, 255 or 65535.
/// Returns H×W 64F, same channels; zeros for a constant picture (image, minmax). Throws E_SHAPE when empty.
cv::Mat standardize(const cv::Mat& values, const standardize_parameters& p, double top);

/// Whole numbers: minmax as above, truncated, in place. Every z-score followed by minmax is this too: the statistics
/// cancel. image: H×W, 1 or 3 channels, 8U (top 255) or 16U (top 65535), overwritten.
/// Returns the same pixels; zeros for a constant picture. Throws E_SHAPE, E_DEPTH.
/// Source: retina-unet preprocessing, steps 2 to 4.
cv::Mat stretch(cv::Mat image);

}  // namespace medvision
