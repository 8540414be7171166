// SPDX-License-Identifier: Apache-2.0
// Dice of a map that was not thresholded. It has names of its own: it is no Dice of masks.
#pragma once

#include <opencv2/core/mat.hpp>

#include "medvision/score/measure.hpp"

namespace medvision {

/// With p the values and t the truth as 0 and 1, sums over the scope: soft_dice = 2 Σpt / (Σp + Σt), and
/// soft_dice_squared = 2 Σpt / (Σp² + Σt). values: H×W 32F from 0 to 1. truth: H×W 8U, nonzero is positive. scope: H×W
/// 8U; empty: everywhere. Returns both; without value when map and truth are all zero, or a value is outside 0 to 1.
/// Sums are in 64 bit, row by row. Throws E_SHAPE.
/// Source: the two denominators in use; Milletari et al., V-Net, 3DV 2016 has the squared one.
measures soft_dice(const cv::Mat& values, const cv::Mat& truth, const cv::Mat& scope = {});

}  // namespace medvision
