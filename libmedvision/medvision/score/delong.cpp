// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/delong.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "medvision/error.hpp"

namespace medvision {
namespace {

// For each distinct score, of a positive there the share of negatives below it, and of a negative the share of
// positives above it; ties are one half.
struct placement {
  double of_positive = 0, of_negative = 0;
};

struct class_totals {
  double positives = 0, negatives = 0;
};

class_totals totals_of(const score_counts& counts) {
  class_totals t;
  for (const score_count& c : counts) t.positives += double(c.positives), t.negatives += double(c.negatives);
  return t;
}

std::vector<placement> placements_of(const score_counts& counts) {
  const class_totals t = totals_of(counts);
  std::vector<placement> out;
  double above = 0, below = t.negatives;
  for (const score_count& c : counts) {
    const auto p = double(c.positives), n = double(c.negatives);
    below -= n;
    out.push_back({(below + n / 2) / t.negatives, (above + p / 2) / t.positives});
    above += p;
  }
  return out;
}

// The placement of every case, looked up by its score.
std::vector<placement> placements_of_cases(std::span<const double> scores, std::span<const std::uint8_t> positive,
                                           double& auc) {
  const score_counts counts = count_scores(scores, positive);
  auc = roc_auc(counts).value();
  const auto of_scores = placements_of(counts);
  std::vector<placement> out;
  for (const double s : scores) {
    const auto at =
        std::lower_bound(counts.begin(), counts.end(), s, [](const score_count& c, double v) { return c.score > v; });
    out.push_back(of_scores[std::size_t(at - counts.begin())]);
  }
  return out;
}

}  // namespace

std::optional<auc_estimate> delong(const score_counts& counts) {
  const class_totals t = totals_of(counts);
  if (t.positives < 2 || t.negatives < 2) return std::nullopt;
  const double auc = roc_auc(counts).value();
  const auto placed = placements_of(counts);
  long_sum positives, negatives;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double p = placed[i].of_positive - auc, n = placed[i].of_negative - auc;
    positives.add(double(counts[i].positives) * p * p);
    negatives.add(double(counts[i].negatives) * n * n);
  }
  return auc_estimate{
      auc, positives.value() / (t.positives - 1) / t.positives + negatives.value() / (t.negatives - 1) / t.negatives};
}

auc_interval delong_interval(const auc_estimate& e, double level) {
  const double half = normal_quantile(level) * std::sqrt(e.variance);
  return {std::max(0.0, e.auc - half), std::min(1.0, e.auc + half)};
}

std::optional<auc_difference> delong_difference(std::span<const double> a, std::span<const double> b,
                                                std::span<const std::uint8_t> positive) {
  if (a.size() != b.size() || a.size() != positive.size())
    throw error("E_SHAPE", fmt::format("{} and {} scores and {} labels; a pair of systems has the same cases", a.size(),
                                       b.size(), positive.size()));
  const auto positives = std::count_if(positive.begin(), positive.end(), [](std::uint8_t p) { return p != 0; });
  const auto negatives = std::ptrdiff_t(positive.size()) - positives;
  if (positives < 2 || negatives < 2) {
    count_scores(a, positive), count_scores(b, positive);  // what is not finite is refused all the same
    return std::nullopt;
  }
  auc_difference d;
  const auto in_a = placements_of_cases(a, positive, d.auc_a), in_b = placements_of_cases(b, positive, d.auc_b);
  d.difference = d.auc_a - d.auc_b;
  std::vector<double> squares_p, squares_n;
  for (std::size_t i = 0; i < positive.size(); ++i) {
    const double apart =
        (positive[i] ? in_a[i].of_positive - in_b[i].of_positive : in_a[i].of_negative - in_b[i].of_negative) -
        d.difference;
    (positive[i] ? squares_p : squares_n).push_back(apart * apart);
  }
  const auto p = double(positives), n = double(negatives);
  d.variance =
      sum_of_any_order(std::move(squares_p)) / (p - 1) / p + sum_of_any_order(std::move(squares_n)) / (n - 1) / n;
  // Systems that order all pairs alike leave nothing but rounding.
  if (d.variance > 1e-30) d.z = d.difference / std::sqrt(d.variance), d.p = normal_p(*d.z);
  return d;
}

double normal_p(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double normal_quantile(double level) {
  double low = 0, high = 40;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (1 - level < normal_p(middle) ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace medvision
