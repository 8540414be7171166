// SPDX-License-Identifier: Apache-2.0
// Everything a study of grades is asked for, by name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "medvision/score/bootstrap.hpp"
#include "medvision/score/grades.hpp"
#include "medvision/score/ranking.hpp"

namespace medvision {

/// Columns of N cases. truth, predicted: labels from 0 (predicted -1: none told). scores: N×labels or empty. positive,
/// versus: N scores of the positive labels by two systems, or empty. is_positive: a flag a label.
struct graded_cases {
  std::span<const int> truth, predicted;
  std::span<const double> scores, positive, versus;
  std::span<const std::uint64_t> patients;
  std::span<const std::uint8_t> is_positive;
};

/// threshold: positive from here on. chosen_on: counts of the cases that operating points are chosen on; these cases
/// when absent. bootstrap.replicates 0: no intervals.
struct grade_questions {
  double threshold = 0.5;
  std::vector<double> at_specificity, at_sensitivity;
  std::optional<score_counts> chosen_on;
  bootstrap_options bootstrap{0};
};

/// A quantity and all numbers said of it; `why` tells what made one undefined.
struct grade_figure {
  std::string name;
  std::vector<std::pair<std::string, std::optional<double>>> values;
  std::string why;
};

/// Positives and negatives of each score of the positive labels.
score_counts counts_of_positive(const graded_cases& c);

/// Cases by true and predicted label; those without a prediction left out.
confusion_table confusion_of(const graded_cases& c);

/// accuracy, kappas, a line a label, macro means; of the positive labels: areas with DeLong's interval, the six
/// numbers, operating points, calibration, the paired difference. What was not asked for, or has no scores, is left
/// out. labels: their names. Throws E_NONFINITE.
std::vector<grade_figure> grade_figures(const graded_cases& c, std::span<const std::string> labels,
                                        const grade_questions& q);

}  // namespace medvision
