// SPDX-License-Identifier: Apache-2.0
// What is said of one measure of a study, and of ratios of sums.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "medvision/score/ranking.hpp"
#include "medvision/score/summary.hpp"

namespace medvision {

using named_numbers = std::vector<std::pair<std::string, std::optional<double>>>;

/// A measure: a value a case, NaN where it is undefined, infinity where the case does not have it; failed cases apart.
struct measured_cases {
  std::vector<double> values;  ///< a study may have millions: they are handed over, and nothing of them is held twice
  std::span<const std::uint64_t> patients;
  std::span<const std::uint8_t> failed;
};

/// n (defined), failed, undefined, excluded, mean, sd, median, q1, q3, min, max, mean_worst (failed and undefined count
/// as worst_of the name); with o.replicates the interval of the mean: low, high, dropped.
named_numbers measure_figure(std::string_view name, measured_cases c, const bootstrap_options& o);

/// What made numbers of a figure undefined, a clause each; "" when all are defined.
std::string why_undefined(const named_numbers& figure);

/// A sum of measures over another, "tp+tp/tp+tp+fp+fn": each side names measures, joined by '+', a name repeated
/// counting again. A case that lacks any of them is left out and counted as excluded.
struct ratio_rule {
  std::string name;
  std::vector<std::string> above, below;
};
/// "NAME=a+b/c+d". Throws E_OPTION (request).
ratio_rule parse_ratio(const std::string& text);
/// Those asked for, and for the measures of boxes P.found… and P.truth the recall over boxes, "P.recall_by_box…".
std::vector<ratio_rule> ratios_of(const std::vector<std::string>& asked, const std::vector<std::string>& measures);

/// Sum of what is defined.
double defined_sum(const std::vector<double>& values);

/// Areas over the pixels of all cases together, and beside them the mean of the cases' own areas: auc_pooled,
/// ap_pooled, pr_area_pooled, positives, negatives, auc_mean, auc_n.
named_numbers pool_figure(const ranking_areas& areas, const std::vector<double>& auc_of_cases);

/// value, above, below, n, excluded and, with o.replicates, low, high, dropped. above, below: the sums of each case,
/// NaN where it lacks one.
named_numbers ratio_figure(std::span<const double> above, std::span<const double> below,
                           std::span<const std::uint64_t> patients, const bootstrap_options& o);

/// Hits of each false-positive rate an image, "sensitivity_at_0.5", and their mean, "froc_score".
named_numbers froc_figure(const score_counts& counts, double truth, double images, std::span<const double> rates);

/// n pairs, patients, mean (first less second), wilcoxon_p, flip_p and, with o.replicates, low, high, dropped.
named_numbers paired_figure(std::span<const std::uint64_t> patients, std::span<const double> first,
                            std::span<const double> second, const bootstrap_options& o);

}  // namespace medvision
