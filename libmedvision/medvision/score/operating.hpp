// SPDX-License-Identifier: Apache-2.0
// Where should the threshold lie? A point of the ROC curve that was reached, never one between two.
#pragma once

#include <cstdint>
#include <optional>

#include "medvision/score/grades.hpp"
#include "medvision/score/ranking.hpp"

namespace medvision {

/// A case is positive when its score is at least `threshold`.
struct operating_point {
  double threshold = 0;
  binary_table table;
};

/// The point of highest sensitivity whose specificity is at least `specificity` (0 to 1), of equals the one of highest
/// specificity. Thresholds are scores that occur; when none will do, the next number above the highest score, where
/// nothing is positive. Nothing when a class is absent.
std::optional<operating_point> point_at_specificity(const score_counts& counts, double specificity);

/// The point of highest specificity whose sensitivity is at least `sensitivity` (0 to 1), of equals the one of highest
/// sensitivity. Nothing when a class is absent.
std::optional<operating_point> point_at_sensitivity(const score_counts& counts, double sensitivity);

/// What a threshold chosen elsewhere gives here; threshold: any finite number.
operating_point point_at(const score_counts& counts, double threshold);

}  // namespace medvision
