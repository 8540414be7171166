// SPDX-License-Identifier: Apache-2.0
// How well do scores rank the positive before the negative? Exact, from the counts of each distinct score.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace medvision {

struct score_count {
  double score = 0;
  std::int64_t positives = 0, negatives = 0;
};                                              // of one distinct score
using score_counts = std::vector<score_count>;  // scores strictly descending

/// The distinct scores of labelled cases. scores: finite; positive[i] != 0 is a positive. Throws E_NONFINITE.
score_counts count_scores(std::span<const double> scores, std::span<const std::uint8_t> positive);
/// Merge of several, exact.
score_counts merge_counts(std::span<const score_counts> parts);
std::optional<double> roc_auc(const score_counts&);            // nullopt: one class only
std::optional<double> average_precision(const score_counts&);  // step sum; nullopt: no positive
std::optional<double> pr_area(const score_counts&);  // trapezoid over the precision-recall points (sklearn auc(recall,
                                                     // precision)); nullopt: no positive

}  // namespace medvision
