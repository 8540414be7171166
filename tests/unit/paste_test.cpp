// SPDX-License-Identifier: Apache-2.0
// The maps of regions laid on the map of the picture.
#include "medvision/saliency/paste.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {
cv::Mat map_of(const std::vector<int>& shape, const std::vector<float>& values) {
  cv::Mat m(3, shape.data(), CV_32F);
  std::copy(values.begin(), values.end(), m.ptr<float>());
  return m;
}
std::vector<float> list(const cv::Mat& m) { return {m.ptr<float>(), m.ptr<float>() + m.total()}; }
const frame doubled{{2, 0, 0, 0, 2, 0}};
}  // namespace

TEST_CASE("on paper: the mean where the region lies, elsewhere half of the picture's map, or all of it") {
  const cv::Mat whole = map_of({1, 2, 2}, {0.2F, 0.4F, 0.6F, 0.8F});
  const std::vector<region_map> one{{map_of({1, 1, 2}, {1, 0}), {{1, 0, 1, 0, 1, 1}}}};
  const cv::Mat half = paste_maps(whole, doubled, one, {4, 4}, {}, uncovered::half);
  CHECK(half.size[1] == 4);
  CHECK(list(half) == std::vector<float>{0.1F, 0.1F, 0.2F, 0.2F, 0.1F, 0.6F, 0.2F, 0.2F, 0.3F, 0.3F, 0.4F, 0.4F, 0.3F,
                                         0.3F, 0.4F, 0.4F});
  const cv::Mat keep = paste_maps(whole, doubled, one, {4, 4}, {}, uncovered::keep);
  CHECK(keep.ptr<float>(0, 0)[0] == 0.2F);
  CHECK(keep.ptr<float>(0, 1)[1] == 0.6F);
}

TEST_CASE("of regions that share pixels the last one counts, and what runs outside the picture is dropped") {
  const cv::Mat whole = map_of({1, 1, 1}, {0});
  const frame quad{{4, 0, 0, 0, 4, 0}};
  const std::vector<region_map> two{{map_of({1, 1, 1}, {1}), {{3, 0, 0, 0, 3, 0}}},
                                    {map_of({1, 1, 1}, {0.5F}), {{4, 0, 2, 0, 4, 2}}}};
  const cv::Mat made = paste_maps(whole, quad, two, {4, 4}, {}, uncovered::half);
  CHECK(list(made) ==
        std::vector<float>{0.5F, 0.5F, 0.5F, 0, 0.5F, 0.5F, 0.5F, 0, 0.5F, 0.5F, 0.25F, 0.25F, 0, 0, 0.25F, 0.25F});
  const std::vector<region_map> away{{map_of({1, 1, 1}, {1}), {{4, 0, 9, 0, 4, 9}}}};
  CHECK(cv::countNonZero(paste_maps(whole, quad, away, {4, 4}, {}, uncovered::half).reshape(1, 16)) == 0);
}

TEST_CASE("property: on a picture that was cropped and shrunk the result is the same through its frame") {
  cv::Mat whole = map_of({2, 3, 4}, std::vector<float>(24));
  cv::RNG(1).fill(whole, cv::RNG::UNIFORM, 0, 1);
  const frame to_source{{8, 0, 16, 0, 8, 32}}, picture{{2, 0, 16, 0, 2, 32}};
  const std::vector<region_map> one{{map_of({2, 1, 1}, {1, 0.5F}), {{8, 0, 24, 0, 8, 40}}}};
  const cv::Mat a = paste_maps(whole, to_source, one, {16, 12}, picture, uncovered::half);
  const std::vector<region_map> same{{one[0].cells, {{4, 0, 4, 0, 4, 4}}}};
  const cv::Mat b = paste_maps(whole, {{4, 0, 0, 0, 4, 0}}, same, {16, 12}, {}, uncovered::half);
  CHECK(list(a) == list(b));
}

TEST_CASE("maps of other channels and words that are none are refused") {
  const cv::Mat whole = map_of({1, 1, 1}, {0});
  const std::vector<region_map> two{{map_of({2, 1, 1}, {1, 1}), {}}};
  CHECK(code_of([&] { (void)paste_maps(whole, {}, two, {1, 1}, {}, uncovered::half); }) == "E_SHAPE");
  CHECK(code_of([&] { (void)paste_maps(cv::Mat(), {}, {}, {1, 1}, {}, uncovered::half); }) == "E_SHAPE");
  CHECK(uncovered_named("keep") == uncovered::keep);
  CHECK(code_of([] { (void)uncovered_named("quarter"); }) == "E_OPTION");
}
