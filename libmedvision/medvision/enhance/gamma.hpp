// SPDX-License-Identifier: Apache-2.0
// Gamma correction by a table: darks lifted (gamma above 1) or lowered, black and white kept.
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

/// table[i] = trunc(top * (i / top)^(1 / gamma)) in double precision, top 255 (8U) or 65535 (16U).
/// gamma: 0.05 to 20. depth: CV_8U or CV_16U. Returns 1×256 8U or 1×65536 16U.
/// Throws E_OPTION (blame request) for a gamma out of range, E_DEPTH.
/// Source: retina-unet preprocessing, step 5; the 16-bit table is the same formula with top 65535.
cv::Mat gamma_table(double gamma, int depth);

/// Every sample through gamma_table(), in place. image: H×W, 1 or 3 channels, 8U or 16U, overwritten.
/// Returns the same pixels. Throws as gamma_table(), and E_SHAPE when empty.
cv::Mat correct_gamma(cv::Mat image, double gamma);

}  // namespace medvision
