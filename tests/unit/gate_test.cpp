// SPDX-License-Identifier: Apache-2.0
#include "medvision/saliency/gate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
cv::Mat map_of(std::vector<int> shape, const std::vector<float>& values) {
  cv::Mat m(int(shape.size()), shape.data(), CV_32F);
  std::copy(values.begin(), values.end(), m.ptr<float>());
  return m;
}
}  // namespace

TEST_CASE("gates sum to one over the cells, and scores are weighed by them: on paper") {
  const float third = std::log(3.f);
  const cv::Mat gates = softmax_cells(map_of({2, 1, 2}, {0, third, 5, 5}));
  CHECK(gates.ptr<float>(0)[0] == doctest::Approx(0.25));
  CHECK(gates.ptr<float>(0)[1] == doctest::Approx(0.75));
  CHECK(gates.ptr<float>(1)[0] == 0.5f);
  const cv::Mat gated = gate_scores(map_of({2, 1, 2}, {8, -4, 1, 3}), gates);
  CHECK(gated.ptr<float>(0)[1] == doctest::Approx(-3));
  const auto sums = sum_cells(gated);
  REQUIRE(sums.size() == 2);
  CHECK(sums[0] == doctest::Approx(-1));
  CHECK(sums[1] == doctest::Approx(2));
}

TEST_CASE("a softmax does not depend on a constant added, nor overflow") {
  cv::Mat a(3, std::vector<int>{5, 14, 14}.data(), CV_32F);
  cv::RNG(1).fill(a, cv::RNG::UNIFORM, -4, 4);
  a.forEach<float>([](float& v, const int*) { v = std::floor(v * 64) / 64; });  // so that the sum below is exact
  const cv::Mat gates = softmax_cells(a);
  CHECK(cv::norm(softmax_cells(a + 1024), gates, cv::NORM_INF) < 1e-6);
  CHECK(std::isfinite(softmax_cells(a * 1e30).ptr<float>()[0]));
  for (double s : sum_cells(gates)) CHECK(s == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("maps of other cells, or of other classes, are not the same cells; classes may be unnamed") {
  const map_cells scores{"scores", {2, 3, 4}, {"a", "b"}, {2, 0, 1, 0, 2, 1}};
  map_cells gates = scores;
  gates.name = "gates";
  CHECK_NOTHROW(check_same_cells(scores, gates));
  gates.classes = {};
  CHECK_NOTHROW(check_same_cells(scores, gates));
  gates.classes = {"b", "a"};
  CHECK_THROWS_WITH_AS(check_same_cells(scores, gates),
                       "the maps 'scores' and 'gates' have other classes, or in another order", error);
  gates = {"gates", {2, 3, 5}, {}, scores.to_source};
  CHECK_THROWS_WITH_AS(check_same_cells(scores, gates),
                       "the map 'scores' is 2x3x4 and 'gates' 2x3x5, or they lie elsewhere; expected the same cells",
                       error);
  gates = {"gates", {2, 3, 4}, {}, {2, 0, 0, 0, 2, 1}};
  CHECK_THROWS_AS(check_same_cells(scores, gates), error);
}

TEST_CASE("gates of another shape and gates that are not finite are refused") {
  const cv::Mat a = map_of({1, 1, 2}, {1, 2});
  CHECK_THROWS_AS(gate_scores(a, map_of({1, 2, 1}, {1, 2})), const error&);
  CHECK_THROWS_AS(gate_scores(a, map_of({2, 1, 2}, {1, 2, 3, 4})), const error&);
  CHECK_THROWS_AS(softmax_cells(map_of({1, 1, 2}, {1, std::numeric_limits<float>::quiet_NaN()})), const error&);
  CHECK_THROWS_AS(softmax_cells(map_of({1, 1, 2}, {1, std::numeric_limits<float>::infinity()})), const error&);
  CHECK_THROWS_AS(sum_cells(cv::Mat(3, 3, CV_32F)), const error&);
}
