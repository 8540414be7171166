// SPDX-License-Identifier: Apache-2.0
// How well do scores put positives before negatives? Counts of each distinct score, and the areas made of them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "medvision/score/sums.hpp"

namespace medvision {

/// The cases of one distinct score.
struct score_count {
  double score = 0;
  std::int64_t positives = 0, negatives = 0;
};

/// Scores strictly descending. All areas below come from these integers, so counts that were merged give the bits of
/// counts that were taken at once.
using score_counts = std::vector<score_count>;

/// Counts positives and negatives of each distinct score. scores: N numbers, any range, higher meaning positive.
/// positive: N, nonzero for a positive. Returns one entry a distinct score (0 and -0 are one); empty for N = 0.
/// Throws E_SHAPE when the lengths differ, E_NONFINITE naming the first score that is not finite.
score_counts count_scores(std::span<const double> scores, std::span<const std::uint8_t> positive);

/// The areas below, fed with one distinct score after the other from the highest: what streams of any length need.
class ranking_areas {
 public:
  /// Throws E_ORDER when the score is not below the last one, E_NONFINITE, and E_RANGE for a negative count.
  void add(const score_count& c);
  [[nodiscard]] std::int64_t positives() const { return positives_; }
  [[nodiscard]] std::int64_t negatives() const { return negatives_; }
  [[nodiscard]] std::optional<double> roc_auc() const;
  [[nodiscard]] std::optional<double> average_precision() const;
  [[nodiscard]] std::optional<double> pr_area() const;

 private:
  std::int64_t positives_ = 0, negatives_ = 0;
  std::uint64_t lost_high_ = 0, lost_low_ = 0;  // twice the pairs lost, 128 bits
  long_sum steps_, trapezoids_;
  double last_precision_ = 1;
  std::optional<double> last_score_;
};

/// The counts of all parts together, by tree: exact, in any order and any cut. Throws E_ORDER when a part does not
/// descend strictly, E_NONFINITE, and E_RANGE for a negative count.
score_counts merge_counts(std::span<const score_counts> parts);

/// The same for parts too large to hold: each gives its next row (score, positives, negatives) or nothing at its end,
/// `out` sees the sums from the highest score down. Holds one row a part. Throws E_RANGE for a row whose counts are not
/// whole, and what `out` throws for parts that do not descend.
using count_stream = std::function<std::optional<std::array<double, 3>>()>;
void merge_streams(std::span<const count_stream> parts, const std::function<void(const score_count&)>& out);

/// Area under the receiver operating characteristic: the share of pairs (positive, negative) in which the positive
/// scores higher, a tie being one half. Returns nothing when a class is absent.
/// Source: Mann and Whitney, Ann. Math. Stat. 18(1), 1947; Hanley and McNeil, Radiology 143(1), 1982.
std::optional<double> roc_auc(const score_counts& counts);

/// Average precision: the sum over distinct scores of the gain in recall times the precision there, no interpolation.
/// Returns nothing without a positive. Differs from pr_area, which joins the points by straight lines.
std::optional<double> average_precision(const score_counts& counts);

/// Trapezoid under the precision-recall points, begun at recall 0 with precision 1.
/// Returns nothing without a positive. Differs from average_precision: optimistic, kept for published tables.
/// Source: Davis and Goadrich, ICML 2006, on why a straight line there is no achievable curve.
std::optional<double> pr_area(const score_counts& counts);

}  // namespace medvision
