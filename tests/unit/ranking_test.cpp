// SPDX-License-Identifier: Apache-2.0
// Areas under curves, on paper, by their properties, and against slow obvious loops.
#include "medvision/score/ranking.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "medvision/error.hpp"

using namespace medvision;

namespace {

score_counts counts_of(const std::vector<double>& scores, const std::vector<std::uint8_t>& positive) {
  return count_scores(scores, positive);
}

// Every pair, one by one.
double slow_auc(const std::vector<double>& s, const std::vector<std::uint8_t>& y) {
  double won = 0, pairs = 0;
  for (std::size_t i = 0; i < s.size(); ++i)
    for (std::size_t j = 0; j < s.size(); ++j)
      if (y[i] && !y[j]) pairs += 1, won += s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0;
  return won / pairs;
}

// Precision and recall at every score that occurs, each counted anew.
double slow_pr(const std::vector<double>& s, const std::vector<std::uint8_t>& y, bool trapezoid) {
  std::vector<double> cuts = s;
  std::sort(cuts.rbegin(), cuts.rend());
  double area = 0, recall_before = 0, precision_before = 1, all = 0;
  for (const auto p : y) all += p;
  for (const double cut : cuts) {
    double tp = 0, fp = 0;
    for (std::size_t i = 0; i < s.size(); ++i)
      if (s[i] >= cut) (y[i] ? tp : fp) += 1;
    const double recall = tp / all, precision = tp / (tp + fp);
    area += (recall - recall_before) * (trapezoid ? (precision + precision_before) / 2 : precision);
    recall_before = recall, precision_before = precision;
  }
  return area;
}

}  // namespace

TEST_CASE("four cases on paper: three pairs of four are in order") {
  const auto c = counts_of({0.9, 0.8, 0.7, 0.1}, {1, 0, 1, 0});
  CHECK(*roc_auc(c) == 0.75);
  CHECK(*average_precision(c) == doctest::Approx(0.5 * 1 + 0.5 * 2 / 3).epsilon(1e-15));
  CHECK(*pr_area(c) == doctest::Approx(0.5 * (1 + 1) / 2 + 0.5 * (0.5 + 2.0 / 3) / 2).epsilon(1e-15));
}

TEST_CASE("equal scores count one half, and share one entry") {
  const auto c = counts_of({0.5, 0.5, 0.5, 0.5}, {1, 0, 1, 0});
  CHECK(c.size() == 1);
  CHECK(*roc_auc(c) == 0.5);
  CHECK(*average_precision(c) == 0.5);
  CHECK(*pr_area(c) == 0.75);
  CHECK(counts_of({0.0, -0.0}, {1, 0}).size() == 1);
}

TEST_CASE("one class only, or nothing, has no area") {
  CHECK(!roc_auc(counts_of({1, 2}, {1, 1})));
  CHECK(*average_precision(counts_of({1, 2}, {1, 1})) == 1);
  CHECK(*pr_area(counts_of({1, 2}, {1, 1})) == 1);
  CHECK(!roc_auc(counts_of({1, 2}, {0, 0})));
  CHECK(!average_precision(counts_of({1, 2}, {0, 0})));
  CHECK(!pr_area(counts_of({1, 2}, {0, 0})));
  CHECK(!roc_auc({}));
}

TEST_CASE("random cases with ties agree with pair by pair and cut by cut") {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    const int n = 2 + int(random() % 60), levels = 1 + int(random() % 40);
    std::vector<double> s;
    std::vector<std::uint8_t> y;
    for (int i = 0; i < n; ++i)
      s.push_back(double(random() % unsigned(levels)) / 7 - 2), y.push_back(random() % 3 == 0);
    y[0] = 1, y[1] = 0;
    const auto c = counts_of(s, y);
    REQUIRE(std::abs(*roc_auc(c) - slow_auc(s, y)) < 1e-12);
    REQUIRE(std::abs(*average_precision(c) - slow_pr(s, y, false)) < 1e-12);
    REQUIRE(std::abs(*pr_area(c) - slow_pr(s, y, true)) < 1e-12);
    for (auto& v : s) v = -v;  // turned round, and one minus it
    REQUIRE(std::abs(*roc_auc(counts_of(s, y)) + *roc_auc(c) - 1) < 1e-12);
  }
}

TEST_CASE("any cut merges to the same counts and the same bits") {
  std::mt19937 random(4);
  for (int round = 0; round < 100; ++round) {
    std::vector<double> s;
    std::vector<std::uint8_t> y;
    std::vector<std::vector<double>> ps(1 + random() % 9);
    std::vector<std::vector<std::uint8_t>> py(ps.size());
    for (int i = 0; i < 100; ++i) {
      const double v = double(random() % 50);
      const std::uint8_t t = random() % 2;
      const std::size_t k = random() % ps.size();
      s.push_back(v), y.push_back(t), ps[k].push_back(v), py[k].push_back(t);
    }
    std::vector<score_counts> parts;
    for (std::size_t k = 0; k < ps.size(); ++k) parts.push_back(counts_of(ps[k], py[k]));
    std::shuffle(parts.begin(), parts.end(), random);
    const auto whole = counts_of(s, y), merged = merge_counts(parts);
    REQUIRE(merged.size() == whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      REQUIRE(merged[i].score == whole[i].score);
      REQUIRE(merged[i].positives == whole[i].positives);
      REQUIRE(merged[i].negatives == whole[i].negatives);
    }
    REQUIRE(average_precision(merged) == average_precision(whole));
    REQUIRE(pr_area(merged) == pr_area(whole));
  }
}

TEST_CASE("streams of rows merge to the same areas, and refuse what is no count") {
  const score_counts a = {{0.9, 3, 1}, {0.5, 1, 1}}, b = {{0.7, 0, 2}, {0.5, 2, 0}, {0.1, 0, 4}}, none;
  const auto stream = [](const score_counts& c, double extra = 0) {
    return count_stream([&c, extra, i = std::size_t{0}]() mutable -> std::optional<std::array<double, 3>> {
      if (i == c.size()) return std::nullopt;
      const score_count& at = c[i++];
      return std::array{at.score, double(at.positives) + extra, double(at.negatives)};
    });
  };
  ranking_areas areas;
  merge_streams(std::vector{stream(a), stream(b), stream(none)}, [&](const score_count& c) { areas.add(c); });
  const auto whole = merge_counts(std::vector{a, b});
  CHECK((areas.roc_auc() == roc_auc(whole) && areas.average_precision() == average_precision(whole)));
  CHECK((areas.positives() == 6 && areas.negatives() == 8));
  const auto into_areas = [](const std::vector<count_stream>& parts) {
    ranking_areas fresh;
    merge_streams(parts, [&](const score_count& c) { fresh.add(c); });
  };
  CHECK_THROWS_AS(into_areas({stream(a, 0.5)}), error);
  CHECK_THROWS_AS(into_areas({stream(a, -9)}), error);
  const score_counts rising = {{0.1, 1, 1}, {0.2, 1, 1}};
  CHECK_THROWS_AS(into_areas({stream(rising)}), error);
}

TEST_CASE("ten thousand million pixels of each class do not overflow") {
  const std::int64_t many = 10'000'000'000;
  const score_counts c = {{0.9, 3 * many, many}, {0.1, many, 3 * many}};
  CHECK(*roc_auc(c) == doctest::Approx((0.75 * 0.75 + 0.5 * (0.75 * 0.25 + 0.25 * 0.75))).epsilon(1e-15));
}

TEST_CASE("what is not a number, or no count, is refused by name") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(counts_of({1, nan}, {1, 0}), "the score 1 is nan", error);
  CHECK_THROWS_AS(counts_of({1}, {1, 0}), error);
  const auto merge = [](score_counts part) { return merge_counts(std::vector<score_counts>{std::move(part)}); };
  CHECK_THROWS_WITH_AS(merge({{1, 1, 0}, {1, 0, 1}}), "scores of counts descend strictly; 1 comes after 1", error);
  CHECK_THROWS_AS(merge({{1, -1, 0}}), error);
  CHECK_THROWS_AS(merge({{nan, 1, 0}}), error);
  CHECK(merge_counts({}).empty());
}
