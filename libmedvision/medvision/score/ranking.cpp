// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/ranking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "medvision/error.hpp"
#include "medvision/score/sums.hpp"

namespace medvision {
namespace {

// Pairs of 10^10 positives with 10^10 negatives, doubled, are beyond 64 bits.
__extension__ using wide = unsigned __int128;

struct class_sizes {
  std::int64_t positives = 0, negatives = 0;
};

class_sizes sizes_of(const score_counts& counts) {
  class_sizes n;
  for (const score_count& c : counts) n.positives += c.positives, n.negatives += c.negatives;
  return n;
}

void check_part(const score_counts& part) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (!std::isfinite(part[i].score))
      throw error("E_NONFINITE", fmt::format("the score {} of a count is not finite", part[i].score));
    if (part[i].positives < 0 || part[i].negatives < 0)
      throw error("E_RANGE", fmt::format("{} positives and {} negatives at the score {}; counts are 0 or more",
                                         part[i].positives, part[i].negatives, part[i].score));
    if (i > 0 && !(part[i].score < part[i - 1].score))
      throw error("E_ORDER", fmt::format("scores of counts descend strictly; {} comes after {}", part[i].score,
                                         part[i - 1].score));
  }
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
    throw error("E_SHAPE", fmt::format("{} scores and {} labels; each score needs one", scores.size(), positive.size()));
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

std::optional<double> roc_auc(const score_counts& counts) {
  const class_sizes n = sizes_of(counts);
  if (n.positives == 0 || n.negatives == 0) return std::nullopt;
  wide doubled = 0;  // twice the pairs won, so that a half is a whole number
  std::int64_t below = n.negatives;
  for (const score_count& c : counts) {
    below -= c.negatives;
    doubled += wide(c.positives) * wide(2 * below + c.negatives);
  }
  return double(doubled) / (2.0 * double(n.positives) * double(n.negatives));
}

std::optional<double> average_precision(const score_counts& counts) {
  const class_sizes n = sizes_of(counts);
  if (n.positives == 0) return std::nullopt;
  long_sum sum;
  std::int64_t found = 0, all = 0;
  for (const score_count& c : counts) {
    found += c.positives;
    all += c.positives + c.negatives;
    if (c.positives > 0) sum.add(double(c.positives) * (double(found) / double(all)));
  }
  return sum.value() / double(n.positives);
}

std::optional<double> pr_area(const score_counts& counts) {
  const class_sizes n = sizes_of(counts);
  if (n.positives == 0) return std::nullopt;
  long_sum sum;
  double before = 1;
  std::int64_t found = 0, all = 0;
  for (const score_count& c : counts) {
    found += c.positives;
    all += c.positives + c.negatives;
    if (all == 0) continue;
    const double precision = double(found) / double(all);
    if (c.positives > 0) sum.add(double(c.positives) * (precision + before));
    before = precision;
  }
  return sum.value() / (2 * double(n.positives));
}

}  // namespace medvision
