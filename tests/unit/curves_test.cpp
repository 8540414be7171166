// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/curves.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "medvision/score/pools.hpp"

using namespace medvision;
using point = std::array<double, 2>;

namespace {
/// Trapezoid under points.
double area_under(const std::vector<point>& p) {
  double sum = 0;
  for (std::size_t i = 1; i < p.size(); ++i) sum += (p[i][0] - p[i - 1][0]) * (p[i][1] + p[i - 1][1]) / 2;
  return sum;
}

score_counts many(int n) {
  std::mt19937 random(5);
  score_counts counts;
  for (int i = n; i > 0; --i) {
    const bool positive = int(random() % unsigned(n)) < i;
    counts.push_back({double(i), positive, !positive});
  }
  return counts;
}

/// Opens counts as one stream of rows.
auto opener(const score_counts& counts, int& opened) {
  return [&counts, &opened] {
    ++opened;
    auto at = std::make_shared<std::size_t>(0);
    return std::vector<count_stream>{[&counts, at]() -> std::optional<std::array<double, 3>> {
      if (*at == counts.size()) return std::nullopt;
      const score_count& c = counts[(*at)++];
      return std::array{c.score, double(c.positives), double(c.negatives)};
    }};
  };
}
}  // namespace

TEST_CASE("four cases give the points on paper") {
  const auto curves = ranking_curves(score_counts{{0.9, 1, 0}, {0.6, 0, 1}, {0.5, 1, 0}, {0.1, 0, 1}});
  REQUIRE(curves.size() == 2);
  CHECK(curves[0].name == "roc");
  CHECK(curves[0].points == std::vector<point>{{0, 0}, {0, 0.5}, {0.5, 0.5}, {0.5, 1}, {1, 1}});
  CHECK(curves[1].name == "precision_recall");
  CHECK(curves[1].points == std::vector<point>{{0, 1}, {0.5, 1}, {0.5, 0.5}, {1, 2.0 / 3}, {1, 0.5}});
}

TEST_CASE("the area under the points is the area of the ranking") {
  const auto counts = many(2000);
  const auto curves = ranking_curves(counts);
  CHECK(area_under(curves[0].points) == doctest::Approx(*roc_auc(counts)).epsilon(1e-12));
  CHECK(area_under(curves[1].points) == doctest::Approx(*pr_area(counts)).epsilon(1e-12));
}

TEST_CASE("an undefined curve has no points, but a reason") {
  const auto positive = ranking_curves(score_counts{{1, 3, 0}});
  CHECK(positive[0].points.empty());
  CHECK(positive[0].why == "one class only");
  CHECK(positive[1].points == std::vector<point>{{0, 1}, {1, 1}});
  const auto negative = ranking_curves(score_counts{{1, 0, 3}});
  CHECK(negative[0].points.empty());
  CHECK(negative[1].points.empty());
  CHECK(negative[1].why == "no positive");
  CHECK(ranking_curves(score_counts{})[0].why == "one class only");
}

TEST_CASE("steps bound the points, and each point left out is within a step of one that stays") {
  const auto counts = many(50000);
  int opened = 0;
  const auto all = ranking_curves(counts), some = ranking_curves(opener(counts, opened));
  CHECK(opened == 2);
  for (const int i : {0, 1}) {
    CHECK(all[std::size_t(i)].points.size() == 50001);
    const auto& kept = some[std::size_t(i)].points;
    CHECK(kept.back() == all[std::size_t(i)].points.back());
    std::size_t at = 0;
    for (const point& p : all[std::size_t(i)].points) {
      while (at + 1 < kept.size() && p != kept[at] &&
             std::max(std::abs(p[0] - kept[at][0]), std::abs(p[1] - kept[at][1])) > 1e-3)
        ++at;
      CHECK(std::max(std::abs(p[0] - kept[at][0]), std::abs(p[1] - kept[at][1])) <= 1e-3 + 1e-12);
    }
  }
  CHECK(some[0].points.size() < 2100);
}

TEST_CASE("a FROC curve counts false positives an image") {
  const auto c = froc_curve({{0.9, 1, 0}, {0.7, 0, 0}, {0.5, 1, 3}}, 4, 2);
  CHECK(c.points == std::vector<point>{{0, 0}, {0, 0.25}, {1.5, 0.5}});
  CHECK(froc_curve({}, 0, 2).why == "no true box");
  CHECK_FALSE(froc_curve({}, 1, 0).why.empty());
}

TEST_CASE("a pool has its figure and, when asked, its curves by its name") {
  const score_counts counts = {{0.9, 2, 0}, {0.2, 0, 2}};
  int opened = 0;
  const auto values = [](const std::string& name) {
    if (name == "v.fov.auc") return std::vector<double>{1, NAN};
    if (name == "boxes.truth") return std::vector<double>{3, NAN, 1};
    CHECK(name == "boxes.false_on");
    return std::vector<double>{1, 1};
  };
  const auto pixels = find_in_pool("v.fov.pool", opener(counts, opened), values, {}, true);
  CHECK(pixels.figure[0] == std::pair<std::string, std::optional<double>>{"auc_pooled", 1.0});
  REQUIRE(pixels.curves.size() == 2);
  CHECK(pixels.curves[0].name == "v.fov.roc");
  CHECK(find_in_pool("v.fov.pool", opener(counts, opened), values, {}, false).curves.empty());
  const std::vector<double> rates = {1};
  const auto boxes = find_in_pool("boxes.froc", opener(counts, opened), values, rates, true);
  REQUIRE(boxes.curves.size() == 1);
  CHECK(boxes.curves[0].points == std::vector<point>{{0, 0}, {0, 0.5}, {1, 0.5}});
}
