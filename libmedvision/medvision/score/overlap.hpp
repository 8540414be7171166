// SPDX-License-Identifier: Apache-2.0
// How much do two masks agree, pixel by pixel? One table of four whole numbers, and the scores made from it alone.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>

#include "medvision/score/measure.hpp"

namespace medvision {

/// Pixels by what was predicted and what is true. 64 bit: the sum over a study fits.
struct confusion {
  std::int64_t tp = 0, fp = 0, fn = 0, tn = 0;
  bool operator==(const confusion&) const = default;
};

/// Counts the pixels of two masks. predicted, truth: H×W 8U, nonzero is positive. scope: H×W 8U, only its nonzero
/// pixels are counted; empty: all are. Throws E_SHAPE when types or sizes differ.
confusion count_confusion(const cv::Mat& predicted, const cv::Mat& truth, const cv::Mat& scope = {});

/// Where a map reaches a threshold. values: H×W 32F. The threshold is rounded to 32 bit first, as the values were, so
/// that the value 0.7 of a map reaches the threshold 0.7. Returns H×W 8U, 0 or 255; NaN reaches nothing.
/// Throws E_SHAPE.
cv::Mat reach_threshold(const cv::Mat& values, double threshold);

/// Dice, 2 TP / (2 TP + FP + FN); nothing when both masks are empty.
std::optional<double> dice(const confusion& c);

/// The counts (tp, fp, fn, tn) and every score made from them, in this order: dice, iou, iom, sensitivity, specificity,
/// precision, accuracy, balanced_accuracy, f1, f2, f05, mcc, kappa, volume_similarity.
/// Both masks empty: what is 0/0 has no value; only the truth empty: Dice, IoU and precision are 0, sensitivity and IoM
/// have no value. The formulas and every such case are in postprocess/SCORES.md.
/// Differs from scikit-learn: it gives 0 where a score here has no value.
measures overlap_scores(const confusion& c);

}  // namespace medvision
