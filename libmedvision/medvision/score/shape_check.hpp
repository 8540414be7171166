// SPDX-License-Identifier: Apache-2.0
// What is compared must have one size, the right type, and numbers; said once.
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

/// Throws E_SHAPE, naming all that was met, unless predicted, truth and scope (which may be empty) are H×W 8U.
void check_masks(const cv::Mat& predicted, const cv::Mat& truth, const cv::Mat& scope = {});

/// The same, with values H×W 32F in place of the prediction.
void check_map(const cv::Mat& values, const cv::Mat& truth, const cv::Mat& scope = {});

/// Throws E_NONFINITE, naming the first place, when values (H×W 32F) hold NaN or infinity inside the scope (H×W 8U;
/// empty: everywhere).
void check_finite(const cv::Mat& values, const cv::Mat& scope = {});

}  // namespace medvision
