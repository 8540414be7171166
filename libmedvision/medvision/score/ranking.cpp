// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/ranking.hpp"

#include <algorithm>
#include <cmath>

#include "medvision/error.hpp"

namespace medvision {
namespace {

score_counts sorted(score_counts all) {
  std::sort(all.begin(), all.end(), [](const score_count& a, const score_count& b) { return a.score > b.score; });
  score_counts out;
  for (const score_count& c : all) {
    if (out.empty() || out.back().score != c.score) out.push_back({c.score, 0, 0});
    out.back().positives += c.positives;
    out.back().negatives += c.negatives;
  }
  return out;
}

score_count total(const score_counts& counts) {
  score_count sum;
  for (const score_count& c : counts) sum.positives += c.positives, sum.negatives += c.negatives;
  return sum;
}

}  // namespace

score_counts count_scores(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  score_counts all;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!std::isfinite(scores[i])) throw error("E_NONFINITE", "a score is not finite");
    all.push_back({scores[i], positive[i] != 0, positive[i] == 0});
  }
  return sorted(std::move(all));
}

score_counts merge_counts(std::span<const score_counts> parts) {
  score_counts all;
  for (const score_counts& part : parts) all.insert(all.end(), part.begin(), part.end());
  return sorted(std::move(all));
}

std::optional<double> roc_auc(const score_counts& counts) {
  const score_count all = total(counts);
  if (!all.positives || !all.negatives) return std::nullopt;
  long double doubled = 0, below = all.negatives;
  for (const score_count& c : counts) {
    below -= c.negatives;
    doubled += (long double)(c.positives) * (2 * below + c.negatives);
  }
  return double(doubled / 2 / all.positives / all.negatives);
}

std::optional<double> average_precision(const score_counts& counts) {
  const score_count all = total(counts);
  if (!all.positives) return std::nullopt;
  double sum = 0, tp = 0, n = 0;
  for (const score_count& c : counts) {
    tp += double(c.positives);
    n += double(c.positives + c.negatives);
    sum += double(c.positives) * tp / n;
  }
  return sum / double(all.positives);
}

std::optional<double> pr_area(const score_counts& counts) {
  const score_count all = total(counts);
  if (!all.positives) return std::nullopt;
  double sum = 0, tp = 0, n = 0, before = 1;
  for (const score_count& c : counts) {
    tp += double(c.positives);
    n += double(c.positives + c.negatives);
    sum += double(c.positives) * (tp / n + before) / 2;
    before = tp / n;
  }
  return sum / double(all.positives);
}

}  // namespace medvision
