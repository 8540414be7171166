// SPDX-License-Identifier: Apache-2.0
#include "medvision/select/response.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
cv::Mat map_of(std::vector<int> shape, const std::vector<float>& values) {
  cv::Mat m(3, shape.data(), CV_32F);
  std::copy(values.begin(), values.end(), m.ptr<float>());
  return m;
}
std::vector<float> cells(const cv::Mat& m) { return {m.begin<float>(), m.end<float>()}; }
const float not_a_number = std::numeric_limits<float>::quiet_NaN();
}  // namespace

TEST_CASE("channels are stretched to 0 and 1 and added: on paper") {
  const cv::Mat map = map_of({2, 1, 3}, {2, 4, 3, 10, 10, 30});
  CHECK(cells(combine_channels(map, {}).values) == std::vector<float>{0, 1, 1.5});
  CHECK(cells(combine_channels(map, {.channels = {1}}).values) == std::vector<float>{0, 0, 1});
  CHECK(cells(combine_channels(map, {.normalize = normalization::none}).values) == std::vector<float>{12, 14, 33});
  const response r = combine_channels(map, {.combine = combination::max});
  CHECK(cells(r.values) == std::vector<float>{0, 1, 1});
  CHECK(r.channel.at<int>(0) == 0);  // of equal ones the first
  CHECK(r.channel.at<int>(1) == 0);
  CHECK(r.channel.at<int>(2) == 1);
}

TEST_CASE("a constant channel counts as zeros, and the other decides; or as 0/0, as published code has it") {
  const cv::Mat map = map_of({2, 1, 3}, {7, 7, 7, 0, 1, 2});
  const response zero = combine_channels(map, {});
  CHECK(cells(zero.values) == std::vector<float>{0, 0.5, 1});
  CHECK(zero.flat == std::vector<int>{0});
  const response raw = combine_channels(map, {.flat = zero_range::nan});
  CHECK(cv::countNonZero(raw.values == raw.values) == 0);
  CHECK(raw.flat == std::vector<int>{0});
}

TEST_CASE("what is no number is refused, or makes all of it none") {
  const cv::Mat map = map_of({1, 1, 3}, {0, not_a_number, 2});
  CHECK_THROWS_AS(combine_channels(map, {}), const error&);
  CHECK_THROWS_AS(combine_channels(map, {.normalize = normalization::none}), const error&);
  const response raw = combine_channels(map, {.flat = zero_range::nan});
  CHECK(cv::countNonZero(raw.values == raw.values) == 0);
}

TEST_CASE("channels that are not there and other shapes are refused") {
  const cv::Mat map = map_of({1, 1, 3}, {0, 1, 2});
  CHECK_THROWS_AS(combine_channels(map, {.channels = {1}}), const error&);
  CHECK_THROWS_AS(combine_channels(map, {.channels = {-1}}), const error&);
  CHECK_THROWS_AS(combine_channels(cv::Mat(2, 2, CV_32F), {}), const error&);
  CHECK(normalization_named("none") == normalization::none);
  CHECK(zero_range_named("nan") == zero_range::nan);
  CHECK_THROWS_AS(normalization_named("z"), const error&);
  CHECK_THROWS_AS(zero_range_named("one"), const error&);
}

TEST_CASE("classes are found by name, in the order asked for") {
  CHECK(channels_named({"a", "b", "c"}, 3, {"c", "a"}) == std::vector<int>{2, 0});
  CHECK(channels_named({}, 3, {}).empty());
  CHECK_THROWS_AS(channels_named({"a", "b"}, 2, {"d"}), const error&);
  CHECK_THROWS_AS(channels_named({"a", "b"}, 1, {"b"}), const error&);  // a name for a channel that is not there
}
