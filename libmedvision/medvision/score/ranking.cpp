// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/ranking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>

#include "medvision/error.hpp"

namespace medvision {
namespace {

// Pairs of 10^10 positives with 10^10 negatives, doubled, are beyond 64 bits.
__extension__ using wide = unsigned __int128;

void check_count(const score_count& c, std::optional<double> before) {
  if (!std::isfinite(c.score))
    throw error("E_NONFINITE", fmt::format("the score {} of a count is not finite", c.score));
  if (c.positives < 0 || c.negatives < 0)
    throw error("E_RANGE", fmt::format("{} positives and {} negatives at the score {}; counts are 0 or more",
                                       c.positives, c.negatives, c.score));
  if (before && !(c.score < *before))
    throw error("E_ORDER", fmt::format("scores of counts descend strictly; {} comes after {}", c.score, *before));
}

void check_part(const score_counts& part) {
  std::optional<double> before;
  for (const score_count& c : part) check_count(c, before), before = c.score;
}

ranking_areas areas_of(const score_counts& counts) {
  ranking_areas areas;
  for (const score_count& c : counts) areas.add(c);
  return areas;
}

score_count count_of(const std::array<double, 3>& row) {
  for (const double n : {row[1], row[2]})
    if (!(n >= 0 && n <= 0x1p53 && n == std::floor(n)))
      throw error("E_RANGE", fmt::format("{} at the score {} is no count of cases", n, row[0]));
  return {row[0], std::int64_t(row[1]), std::int64_t(row[2])};
}

score_counts merge_two(const score_counts& a, const score_counts& b) {
  score_counts out;
  out.reserve(a.size() + b.size());
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].score > b[j].score)) {
      out.push_back(a[i++]);
    } else if (i == a.size() || b[j].score > a[i].score) {
      out.push_back(b[j++]);
    } else {
      out.push_back({a[i].score, a[i].positives + b[j].positives, a[i].negatives + b[j].negatives});
      ++i, ++j;
    }
  }
  return out;
}

score_counts merge_range(std::span<const score_counts> parts) {
  if (parts.empty()) return {};
  if (parts.size() == 1) return parts[0];
  const std::size_t half = parts.size() / 2;
  return merge_two(merge_range(parts.first(half)), merge_range(parts.subspan(half)));
}

}  // namespace

score_counts count_scores(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  if (scores.size() != positive.size())
    throw error("E_SHAPE",
                fmt::format("{} scores and {} labels; each score needs one", scores.size(), positive.size()));
  // Each class by itself: sorting bare numbers is twice as fast as sorting pairs.
  std::vector<double> p, n;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!std::isfinite(scores[i])) throw error("E_NONFINITE", fmt::format("the score {} is {}", i, scores[i]));
    (positive[i] ? p : n).push_back(scores[i] + 0.0);  // -0 becomes 0
  }
  std::sort(p.begin(), p.end(), std::greater<>());
  std::sort(n.begin(), n.end(), std::greater<>());
  score_counts out;
  std::size_t i = 0, j = 0;
  while (i < p.size() || j < n.size()) {
    const double score = i == p.size() ? n[j] : j == n.size() ? p[i] : std::max(p[i], n[j]);
    score_count c{score, 0, 0};
    for (; i < p.size() && p[i] == score; ++i) ++c.positives;
    for (; j < n.size() && n[j] == score; ++j) ++c.negatives;
    out.push_back(c);
  }
  return out;
}

score_counts merge_counts(std::span<const score_counts> parts) {
  for (const score_counts& part : parts) check_part(part);
  return merge_range(parts);
}

void merge_streams(std::span<const count_stream> parts, const std::function<void(const score_count&)>& out) {
  using head = std::pair<double, std::size_t>;
  std::priority_queue<head> heads;
  std::vector<score_count> now(parts.size());
  const auto advance = [&](std::size_t i) {
    if (const auto row = parts[i]()) now[i] = count_of(*row), heads.emplace(now[i].score, i);
  };
  for (std::size_t i = 0; i < parts.size(); ++i) advance(i);
  while (!heads.empty()) {
    score_count sum{heads.top().first, 0, 0};
    while (!heads.empty() && heads.top().first == sum.score) {
      const std::size_t i = heads.top().second;
      heads.pop();
      sum.positives += now[i].positives, sum.negatives += now[i].negatives;
      advance(i);
    }
    out(sum);
  }
}

void ranking_areas::add(const score_count& c) {
  check_count(c, last_score_);
  last_score_ = c.score;
  const wide lost = (wide(lost_high_) << 64 | lost_low_) + wide(c.positives) * wide(2 * negatives_ + c.negatives);
  lost_high_ = std::uint64_t(lost >> 64), lost_low_ = std::uint64_t(lost);
  positives_ += c.positives, negatives_ += c.negatives;
  if (positives_ + negatives_ == 0) return;
  const double precision = double(positives_) / double(positives_ + negatives_);
  if (c.positives > 0) {
    steps_.add(double(c.positives) * precision);
    trapezoids_.add(double(c.positives) * (precision + last_precision_));
  }
  last_precision_ = precision;
}

std::optional<double> ranking_areas::roc_auc() const {
  if (positives_ == 0 || negatives_ == 0) return std::nullopt;
  const wide pairs = 2 * wide(positives_) * wide(negatives_), lost = wide(lost_high_) << 64 | lost_low_;
  return double(pairs - lost) / double(pairs);
}

std::optional<double> ranking_areas::average_precision() const {
  if (positives_ == 0) return std::nullopt;
  return steps_.value() / double(positives_);
}

std::optional<double> ranking_areas::pr_area() const {
  if (positives_ == 0) return std::nullopt;
  return trapezoids_.value() / (2 * double(positives_));
}

std::optional<double> roc_auc(const score_counts& counts) { return areas_of(counts).roc_auc(); }

std::optional<double> average_precision(const score_counts& counts) { return areas_of(counts).average_precision(); }

std::optional<double> pr_area(const score_counts& counts) { return areas_of(counts).pr_area(); }

}  // namespace medvision
