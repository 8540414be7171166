// SPDX-License-Identifier: Apache-2.0
// How sure is an area under the ROC curve, and do two systems on the same cases differ?
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "medvision/score/ranking.hpp"

namespace medvision {

struct auc_estimate {
  double auc = 0, variance = 0;
};

struct auc_interval {
  double low = 0, high = 0;
};

/// Two systems: a's area less b's, its variance, and the two-sided p of a normal z (nothing when the variance is 0).
struct auc_difference {
  double auc_a = 0, auc_b = 0, difference = 0, variance = 0;
  std::optional<double> z, p;
};

/// The area and its variance, from the counts of each score. Nothing with fewer than two positives or two negatives.
/// Cases are taken as independent: several of one patient make the variance too small; bootstrap_auc does not.
/// Source: DeLong, DeLong and Clarke-Pearson, Biometrics 44(3), 1988.
std::optional<auc_estimate> delong(const score_counts& counts);

/// auc ± the normal quantile of `level` (between 0 and 1) times the standard error, cut to 0..1.
auc_interval delong_interval(const auc_estimate& e, double level);

/// The paired difference on the same N cases, O(N log N) by mid-ranks. Nothing with fewer than two of a class. Throws
/// E_SHAPE when the lengths differ, E_NONFINITE.
/// Source: as delong; Sun and Xu, IEEE Signal Process. Lett. 21(11), 2014, for the ranks.
std::optional<auc_difference> delong_difference(std::span<const double> a, std::span<const double> b,
                                                std::span<const std::uint8_t> positive);

/// z with P(|Z| <= z) = level, for a standard normal Z.
double normal_quantile(double level);

/// P(|Z| >= |z|).
double normal_p(double z);

}  // namespace medvision
