// SPDX-License-Identifier: Apache-2.0
// How much would a figure change with other patients? Intervals by resampling patients, not pictures.
//
// In each replicate a patient weighs as often as a Poisson variable of mean 1 says, read off a hash of (seed, patient,
// replicate). So the weight of a patient is the same on any machine, in any shard and order, and so is the interval.
// Differs from drawing n of n patients with replacement in that the number drawn varies; for 100 patients and more the
// intervals agree within their own Monte Carlo error. Source: Hanley and MacGibbon, Comput. Methods Programs Biomed.
// 83, 2006; percentile interval: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace medvision {

/// replicates: 0 to 10^6, 0 meaning no interval. level: between 0 and 1. threads: at least 1; changes no result.
struct bootstrap_options {
  int replicates = 2000;
  std::uint64_t seed = 1;
  double level = 0.95;
  int threads = 1;
};

/// dropped: replicates in which the figure was undefined (one class only, no case); low and high come from the others
/// and are nothing when there is none.
struct bootstrap_interval {
  std::optional<double> low, high;
  int replicates = 0, dropped = 0;
};

/// Poisson(1) of a hash, to a resolution of 2^-32, at most 12. patient: any 64-bit key.
unsigned patient_weight(std::uint64_t patient, std::uint64_t seed, int replicate);

/// A fair coin of the same kind, for tests under random signs; of no bit that a weight uses.
bool patient_coin(std::uint64_t patient, std::uint64_t seed, int replicate);

/// The interval of sum(numerator) / sum(denominator) over cases: a mean where the denominators are 1, and any ratio of
/// pooled counts. All of length N, finite. Throws E_SHAPE.
bootstrap_interval bootstrap_ratio(std::span<const double> numerator, std::span<const double> denominator,
                                   std::span<const std::uint64_t> patients, const bootstrap_options& o);

/// The interval of the area under the ROC curve, ties one half, exact in every replicate: sorted once, one pass a
/// replicate. Throws E_SHAPE, E_NONFINITE.
bootstrap_interval bootstrap_auc(std::span<const double> scores, std::span<const std::uint8_t> positive,
                                 std::span<const std::uint64_t> patients, const bootstrap_options& o);

/// Intervals of figures of a table of counts. cells: N, the cell of each case, below `size`; `figures` makes the same
/// number of figures of any table (called from `threads` threads at once). Returns one interval a figure.
std::vector<bootstrap_interval> bootstrap_table(
    std::span<const int> cells, int size, std::span<const std::uint64_t> patients, const bootstrap_options& o,
    const std::function<std::vector<std::optional<double>>(std::span<const std::int64_t>)>& figures);

/// The q-quantile (0 to 1) of sorted numbers, linear between ranks; sorted: at least one.
double quantile_of_sorted(std::span<const double> sorted, double q);

}  // namespace medvision
