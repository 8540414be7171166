// SPDX-License-Identifier: Apache-2.0
// What stands out of dark film? The dark is not the same everywhere: light scatters, and exposure drifts.
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

namespace medvision {

struct dark_film_parameters {
  double widest = 0.1;           ///< things up to this wide stand out, share of the longer side, 0 to 0.3
  double least_contrast = 0.02;  ///< to the dark around it, share of the film's range, 0 to 1
  double least_noise = 6;        ///< the same, in deviations of the dark film's noise, 0 to 100
};

/// Pixels brighter than the dark around them, by their difference to a grey opening (white top hat) of the film.
/// real: h×w 32F, reduced to about 1000 pixels. film: h×w 8U, 255 where the dark is looked at, the things on it
/// included; other pixels neither count for the dark nor spread. range: of the film's values.
/// returns: h×w 8U, 255 on what stands out, beside `film` too; all 0 where there is no film.
cv::Mat find_contrasts(const cv::Mat& real, const cv::Mat& film, double range, const dark_film_parameters& p = {});

/// What lies within `by` pixels of a nonzero one. mask: H×W 8U. returns: H×W 8U.
cv::Mat grown(const cv::Mat& mask, double by);

/// The values of `real` (32F) where `on` (8U) is nonzero, evenly chosen where there are more than about 20000.
std::vector<float> values_at(const cv::Mat& real, const cv::Mat& on);

}  // namespace medvision
