// SPDX-License-Identifier: Apache-2.0
// Do two masks of thin structures have the same centre lines? Dice that counts lines rather than widths.
#pragma once

#include <opencv2/core/mat.hpp>

#include "medvision/score/measure.hpp"

namespace medvision {

/// cldice_precision: the share of the prediction's centre lines inside the truth; cldice_sensitivity: that of the
/// truth's inside the prediction; cldice: their harmonic mean, 0 when both are. predicted, truth: H×W 8U, nonzero is
/// positive. Both empty: no value; one empty: cldice is 0. Throws E_SHAPE.
/// Source: Shit et al., clDice, CVPR 2021, section 3. Centre lines: skeletonize (Zhang and Suen), which leaves nothing
/// of a lone square of 2x2 pixels; a mask of such squares alone has no lines, and no value.
measures cldice_scores(const cv::Mat& predicted, const cv::Mat& truth);

}  // namespace medvision
