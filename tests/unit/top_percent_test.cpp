// SPDX-License-Identifier: Apache-2.0
#include "medvision/saliency/top_percent.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
cv::Mat noise(std::vector<int> shape, std::uint64_t seed) {
  cv::Mat m(3, shape.data(), CV_32F);
  cv::RNG(seed).fill(m, cv::RNG::UNIFORM, 0, 1);
  return m;
}
}  // namespace

TEST_CASE("the mean of the highest cells of each channel: on paper") {
  const int shape[3] = {2, 2, 2};
  cv::Mat m(3, shape, CV_32F);
  const float values[8] = {1, 4, 2, 3, -1, -1, -1, -5};
  std::copy(values, values + 8, m.ptr<float>());
  CHECK(top_percent(m, 0.5) == std::vector<double>{3.5, -1});
  CHECK(top_percent(m, 1) == std::vector<double>{2.5, -2});
  CHECK(top_percent(m, 0.625) == std::vector<double>{3.5, -1});  // 2.5 cells, half to even: 2
  CHECK(top_percent(m, 0.875) == std::vector<double>{2.5, -2});  // 3.5: 4
}

TEST_CASE("the number of cells is the published one") {
  // One cell alone is not 0: the mean says among how many it was.
  for (const auto& [share, k] : std::vector<std::pair<double, int>>{{.02, 28}, {.03, 41}, {.05, 69}, {.1, 138}}) {
    cv::Mat ones = cv::Mat::zeros(3, std::vector<int>{1, 46, 30}.data(), CV_32F);
    ones.ptr<float>()[777] = float(k);
    CHECK(top_percent(ones, share)[0] == doctest::Approx(1));
  }
}

TEST_CASE("it is what sorting everything gives, whatever the order of equal cells") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    cv::Mat m = noise({2, 13, 17}, seed);
    if (seed % 2) m.convertTo(m, CV_32F, 8), m.forEach<float>([](float& v, const int*) { v = std::floor(v); });
    const double share = 0.01 * double(seed);
    const auto met = top_percent(m, share);
    for (int c = 0; c < 2; ++c) {
      std::vector<float> v(m.ptr<float>(c), m.ptr<float>(c) + 221);
      std::sort(v.begin(), v.end(), std::greater<>());
      const int k = int(std::nearbyint(221 * share));
      CHECK(met[std::size_t(c)] == doctest::Approx(std::accumulate(v.begin(), v.begin() + k, 0.0) / k).epsilon(1e-12));
    }
  }
}

TEST_CASE("no cell, more than all, and values that are no numbers are refused") {
  const cv::Mat m = noise({1, 5, 5}, 3);
  CHECK_THROWS_AS(top_percent(m, 0.02), const error&);  // half a cell, to even: none
  CHECK_THROWS_AS(top_percent(m, 0), const error&);
  CHECK_THROWS_AS(top_percent(m, 1.01), const error&);
  CHECK_THROWS_AS(top_percent(m, std::numeric_limits<double>::quiet_NaN()), const error&);
  CHECK_THROWS_AS(top_percent(cv::Mat(5, 5, CV_32F), 0.5), const error&);
  cv::Mat holed = m.clone();
  holed.ptr<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(top_percent(holed, 0.5), const error&);
}
