// SPDX-License-Identifier: Apache-2.0
#include "medvision/select/greedy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/select/response.hpp"

using namespace medvision;

namespace {

const float not_a_number = std::numeric_limits<float>::quiet_NaN();

cv::Mat noise(cv::Size size, std::uint64_t seed, bool levels = false) {
  cv::Mat m(size, CV_32F);
  cv::RNG(seed).fill(m, cv::RNG::UNIFORM, 0, 1);
  if (levels) m.forEach<float>([](float& v, const int*) { v = std::floor(v * 4) / 4; });
  return m;
}

/// Every sum anew, in 64 bit, row by row.
std::vector<pick> slow_windows(cv::Mat left, cv::Size window, int count) {
  std::vector<pick> picks;
  for (int i = 0; i < count; ++i) {
    pick best{{}, {}, -std::numeric_limits<double>::infinity(), false};
    for (int y = 0; y + window.height <= left.rows; ++y)
      for (int x = 0; x + window.width <= left.cols; ++x) {
        double sum = 0;
        for (int v = 0; v < window.height; ++v)
          for (int u = 0; u < window.width; ++u) sum += left.at<float>(y + v, x + u);
        if (sum / window.area() > best.score) best = {{{x, y}, window}, {x, y}, sum / window.area(), false};
      }
    for (const pick& p : picks) best.repeat = best.repeat || p.cells == best.cells;
    picks.push_back(best);
    left(best.cells).setTo(0);
  }
  return picks;
}

}  // namespace

TEST_CASE("windows on paper: the best, then the best of what is left; what was used counts nothing") {
  const cv::Mat r = (cv::Mat_<float>(2, 5) << 1, 5, 4, 0, 3, 0, 0, 0, 0, 1);
  const auto picks = pick_windows(r, {{2, 1}, 4, {}});
  REQUIRE(picks.size() == 4);
  CHECK(picks[0].cells == cv::Rect(1, 0, 2, 1));
  CHECK(picks[0].score == 4.5);
  CHECK(picks[1].cells == cv::Rect(3, 0, 2, 1));
  CHECK(picks[1].score == 1.5);
  CHECK(picks[2].cells == cv::Rect(0, 0, 2, 1));  // 1 beside what was used; as good as (3, 1), and before it
  CHECK(picks[2].score == 0.5);
  CHECK(picks[3].cells == cv::Rect(3, 1, 2, 1));
}

TEST_CASE("windows are those of a slow search, on noise and where ties abound, for many sizes") {
  cv::RNG rng(5);
  for (int i = 0; i < 60; ++i) {
    const cv::Size size(rng.uniform(3, 30), rng.uniform(3, 30));
    const cv::Size window(rng.uniform(1, size.width + 1), rng.uniform(1, size.height + 1));
    const cv::Mat r = noise(size, std::uint64_t(i + 1), i % 2);
    const auto want = slow_windows(r.clone(), window, 8), met = pick_windows(r, {window, 8, {}});
    REQUIRE(met.size() == want.size());
    for (std::size_t k = 0; k < met.size(); ++k) {
      CHECK(met[k].cells == want[k].cells);
      CHECK(met[k].score == doctest::Approx(want[k].score).epsilon(1e-9));
      CHECK(met[k].repeat == want[k].repeat);
    }
  }
}

TEST_CASE("the scale and the sign of a response do not matter") {
  const cv::Mat r = noise({20, 15}, 9);
  const auto want = pick_windows(r, {{3, 4}, 5, {}});
  for (const double scale : {1e-38, 1e-20, 0x1p20, 1e34}) {
    const auto met = pick_windows(r * scale, {{3, 4}, 5, {}});
    for (std::size_t k = 0; k < 5; ++k) CHECK(met[k].cells == want[k].cells);
    CHECK(met[0].score == doctest::Approx(want[0].score * scale));
  }
  const auto negative = pick_windows(r - 2, {{3, 4}, 2, {}});
  CHECK(negative[0].cells == want[0].cells);
  CHECK(negative[0].score < 0);
}

TEST_CASE("when all is used up the first window comes again, marked; --stop ends there instead") {
  cv::Mat r = cv::Mat::zeros(6, 8, CV_32F);
  r.at<float>(4, 5) = 1;
  const auto picks = pick_windows(r, {{2, 2}, 5, {}});
  REQUIRE(picks.size() == 5);
  CHECK(picks[0].cells == cv::Rect(4, 3, 2, 2));
  CHECK(!picks[0].repeat);
  CHECK(picks[1].cells == cv::Rect(0, 0, 2, 2));
  CHECK(!picks[1].repeat);  // not chosen before, though nothing is in it
  for (std::size_t k = 2; k < 5; ++k) CHECK((picks[k].repeat && picks[k].cells == picks[1].cells));
  CHECK(pick_windows(r, {{2, 2}, 5, 0.0}).size() == 1);
  CHECK(pick_windows(cv::Mat::zeros(6, 8, CV_32F), {{2, 2}, 5, 0.0}).empty());
  r.at<float>(0, 0) = 0.5;
  CHECK(pick_windows(r, {{2, 2}, 5, 0.5}).size() == 2);
  CHECK(pick_windows(r, {{2, 2}, 5, 0.51}).size() == 1);
}

TEST_CASE("a NaN wins, and never goes away") {
  cv::Mat r = noise({8, 6}, 3);
  r.at<float>(3, 5) = not_a_number;
  const auto picks = pick_windows(r, {{3, 2}, 3, {}});
  REQUIRE(picks.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(picks[k].cells == cv::Rect(3, 2, 3, 2));
    CHECK(std::isnan(picks[k].score));
    CHECK(picks[k].repeat == (k > 0));
  }
  r.at<float>(3, 1) = not_a_number;
  CHECK(pick_windows(r, {{3, 2}, 1, {}})[0].cells.tl() == cv::Point(0, 2));
  r.at<float>(1, 7) = not_a_number;
  CHECK(pick_windows(r, {{3, 2}, 1, {}})[0].cells.tl() == cv::Point(5, 0));
  r.setTo(not_a_number);
  CHECK(pick_windows(r, {{3, 2}, 1, {}})[0].cells.tl() == cv::Point(0, 0));
}

TEST_CASE("peaks on paper: the largest cell, its surroundings blanked, moved inside at the edge") {
  const cv::Mat r = (cv::Mat_<float>(1, 7) << 9, 8, 7, 6, 5, 6, 1);
  const auto picks = pick_peaks(r, {{3, 1}, 9, {}});
  REQUIRE(picks.size() == 3);
  CHECK(picks[0].peak == cv::Point(0, 0));
  CHECK(picks[0].cells == cv::Rect(0, 0, 3, 1));
  CHECK(picks[0].score == 9);
  CHECK(picks[1].peak == cv::Point(3, 0));  // of two with 6 the first
  CHECK(picks[1].cells == cv::Rect(2, 0, 3, 1));
  CHECK(picks[2].peak == cv::Point(5, 0));
  CHECK(picks[2].cells == cv::Rect(4, 0, 3, 1));  // then nothing above 0 is left
  CHECK(pick_peaks(r, {{3, 1}, 9, 0.67}).size() == 1);
  CHECK(pick_peaks(r, {{3, 1}, 2, {}}).size() == 2);
  CHECK(pick_peaks(r, {{4, 1}, 1, {}})[0].cells == cv::Rect(0, 0, 4, 1));
  CHECK(pick_peaks(-r, {{3, 1}, 9, {}}).empty());
}

TEST_CASE("a peak lies in its window, and no later one lies in an earlier window") {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    const auto picks = pick_peaks(noise({33, 21}, seed), {{6, 5}, 10, {}});
    for (std::size_t k = 0; k < picks.size(); ++k) {
      CHECK(picks[k].cells.contains(picks[k].peak));
      CHECK((picks[k].cells & cv::Rect(0, 0, 33, 21)) == picks[k].cells);
      for (std::size_t j = 0; j < k; ++j) CHECK(!picks[j].cells.contains(picks[k].peak));
    }
  }
}

TEST_CASE("a window larger than the map, none, no count, infinities and other types are refused") {
  const cv::Mat r = noise({8, 6}, 3);
  for (const cv::Size window : {cv::Size(9, 1), cv::Size(1, 7), cv::Size(0, 1), cv::Size(1, -1)}) {
    CHECK_THROWS_AS(pick_windows(r, {window, 1, {}}), const error&);
    CHECK_THROWS_AS(pick_peaks(r, {window, 1, {}}), const error&);
  }
  CHECK_THROWS_AS(pick_windows(r, {{1, 1}, 0, {}}), const error&);
  CHECK_THROWS_AS(pick_windows({}, {}), const error&);
  CHECK_THROWS_AS(pick_windows(cv::Mat::zeros(8, 8, CV_64F), {}), const error&);
  cv::Mat bad = r.clone();
  bad.at<float>(2, 2) = not_a_number;
  CHECK_THROWS_AS(pick_peaks(bad, {{1, 1}, 1, {}}), const error&);
  bad.at<float>(2, 2) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(pick_windows(bad, {{1, 1}, 1, {}}), const error&);
}

TEST_CASE("the time of six windows on a map of 184 x 120 x 2 is told") {
  cv::Mat map(3, std::vector<int>{2, 184, 120}.data(), CV_32F);
  cv::RNG(1).fill(map, cv::RNG::UNIFORM, 0, 1);
  double best = 1e9;
  std::size_t found = 0;
  for (int i = 0; i < 30; ++i) {
    const auto start = std::chrono::steady_clock::now();
    found = pick_windows(combine_channels(map, {}).values, {{32, 32}, 6, {}}).size();
    const auto end = std::chrono::steady_clock::now();
    best = std::min(best, std::chrono::duration<double, std::milli>(end - start).count());
  }
  std::printf("six windows of 32 x 32 on 184 x 120 x 2: %.3f ms\n", best);
  CHECK(found == 6);
}
