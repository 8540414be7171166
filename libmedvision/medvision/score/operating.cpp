// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/operating.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace medvision {
namespace {

double sensitivity_of(const binary_table& t) { return double(t.tp) / double(t.tp + t.fn); }
double specificity_of(const binary_table& t) { return double(t.tn) / double(t.tn + t.fp); }

binary_table nothing_positive(const score_counts& counts) {
  binary_table t;
  for (const score_count& c : counts) t.fn += c.positives, t.tn += c.negatives;
  return t;
}

void take(binary_table& t, const score_count& c) {
  t.tp += c.positives, t.fn -= c.positives;
  t.fp += c.negatives, t.tn -= c.negatives;
}

// Of the points allowed, the one of the largest merit.
std::optional<operating_point> best_point(const score_counts& counts,
                                          const std::function<bool(const binary_table&)>& allowed,
                                          const std::function<std::pair<double, double>(const binary_table&)>& merit) {
  binary_table now = nothing_positive(counts);
  if (now.fn == 0 || now.tn == 0) return std::nullopt;
  std::optional<operating_point> best;
  const auto offer = [&](double threshold) {
    if (allowed(now) && (!best || merit(now) > merit(best->table))) best = operating_point{threshold, now};
  };
  offer(std::nextafter(counts.front().score, std::numeric_limits<double>::infinity()));
  for (const score_count& c : counts) {
    take(now, c);
    offer(c.score);
  }
  return best;
}

}  // namespace

std::optional<operating_point> point_at_specificity(const score_counts& counts, double specificity) {
  return best_point(
      counts, [&](const binary_table& t) { return specificity_of(t) >= specificity; },
      [](const binary_table& t) { return std::pair(sensitivity_of(t), specificity_of(t)); });
}

std::optional<operating_point> point_at_sensitivity(const score_counts& counts, double sensitivity) {
  return best_point(
      counts, [&](const binary_table& t) { return sensitivity_of(t) >= sensitivity; },
      [](const binary_table& t) { return std::pair(specificity_of(t), sensitivity_of(t)); });
}

operating_point point_at(const score_counts& counts, double threshold) {
  operating_point p{threshold, nothing_positive(counts)};
  for (const score_count& c : counts)
    if (c.score >= threshold) take(p.table, c);
  return p;
}

}  // namespace medvision
