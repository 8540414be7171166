// SPDX-License-Identifier: Apache-2.0
// A measure over the cases of a study, and two systems on the same cases.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "medvision/score/bootstrap.hpp"

namespace medvision {

/// Of the defined values. sd: of a sample, by n - 1, nothing for one value. Quartiles: linear between ranks.
struct value_summary {
  std::int64_t n = 0;
  std::optional<double> mean, sd, low, q1, median, q3, high;
};

/// values: finite, in any order, which changes no bit of the result. Throws E_NONFINITE.
value_summary summarize_values(std::vector<double> values);

/// The value that a case without one counts as in a mean over all: 0 for shares and -1 for agreements (kappa, mcc),
/// the largest met for distances and errors (names whose last part begins with hd, assd, masd, msd, brier, ece, mae,
/// fp_). Nothing for other names, counts and lengths among them. name: "vessel.dice", by its last part.
std::optional<double> worst_of(std::string_view name, const value_summary& met);

/// The mean with `lacking` further cases at `worst`.
std::optional<double> mean_with(const value_summary& met, double worst, std::int64_t lacking);

/// One measure of one case by two systems.
struct value_pair {
  std::uint64_t patient = 0;
  double a = 0, b = 0;
};

/// a less b. wilcoxon_p: signed ranks of the patients' mean differences, two-sided, normal with ties, zeros left out,
/// no continuity correction; nothing when all are zero. flip_p: share of replicates in which the patients' mean
/// differences under random signs are as far from 0 in the mean (the data themselves being one); interval: bootstrap.
struct paired_summary {
  std::int64_t n = 0, patients = 0;
  std::optional<double> mean, wilcoxon_p, flip_p;
  bootstrap_interval interval;
};

/// Throws E_NONFINITE. Source: Wilcoxon, Biom. Bull. 1(6), 1945; Pitman, J. R. Stat. Soc. Suppl. 4, 1937.
paired_summary compare_pairs(std::span<const value_pair> pairs, const bootstrap_options& o);

}  // namespace medvision
