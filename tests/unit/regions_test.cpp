// SPDX-License-Identifier: Apache-2.0
#include "medvision/select/regions.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"

using namespace medvision;

namespace {

/// Two classes on 4x6 cells of 8 pixels: a has a peak at column 1, row 1, b a smaller one at column 4, row 2.
cv::Mat two_peaks() {
  cv::Mat m = cv::Mat::zeros(3, std::vector<int>{2, 4, 6}.data(), CV_32F);
  m.ptr<float>(0, 1)[1] = 0.75f;
  m.ptr<float>(1, 2)[4] = 0.5f;
  return m;
}
const std::vector<std::string> classes{"a", "b"};
const frame eight{{8, 0, 0, 0, 8, 0}};

region_parameters words(std::string_view rule, const std::vector<std::string>& names = {},
                        std::string_view normalize = "") {
  region_parameters p;
  p.window = {16, 16};
  p.count = 2;
  apply_words(p, rule, names, normalize, "zero");
  return p;
}

}  // namespace

TEST_CASE("windows of all classes, stretched and added: on paper") {
  const auto found = find_regions(two_peaks(), classes, eight, {}, words("window-sum"));
  REQUIRE(found.regions.size() == 2);
  CHECK(found.regions[0].window == cv::Rect(0, 0, 16, 16));  // both peaks are 1; of equal windows the first
  CHECK(*found.regions[0].score == 0.25);
  CHECK(found.regions[0].class_name.empty());
  CHECK(found.regions[1].window == cv::Rect(24, 8, 16, 16));
  CHECK(!found.flat);
}

TEST_CASE("peaks of all classes as they are: the class that won is told") {
  const auto found = find_regions(two_peaks(), classes, eight, {}, words("peak"));
  REQUIRE(found.regions.size() == 2);
  CHECK(found.regions[0].window == cv::Rect(0, 0, 16, 16));
  CHECK(*found.regions[0].score == 0.75);
  CHECK(found.regions[0].class_name == "a");
  CHECK(found.regions[1].window == cv::Rect(24, 8, 16, 16));
  CHECK(found.regions[1].class_name == "b");
  region_parameters p = words("peak");
  p.stop = 0.7;
  CHECK(find_regions(two_peaks(), classes, eight, {}, p).regions.size() == 1);
}

TEST_CASE("one class alone, by its name; a mask keeps regions inside; a mirrored map gives mirrored windows") {
  const auto b = find_regions(two_peaks(), classes, eight, {}, words("window-sum", {"b"}));
  CHECK(b.regions[0].window == cv::Rect(24, 8, 16, 16));
  CHECK(b.regions[0].class_name == "b");
  cv::Mat right = cv::Mat::zeros(4, 6, CV_8U);
  right.colRange(3, 6).setTo(255);
  CHECK(find_regions(two_peaks(), classes, eight, right, words("peak")).regions.size() == 1);
  const frame mirrored = compose(flip_frame({48, 32}, true), eight);
  CHECK(find_regions(two_peaks(), classes, mirrored, {}, words("peak")).regions[0].window == cv::Rect(32, 0, 16, 16));
  CHECK_THROWS_AS(find_regions(two_peaks(), classes, eight, right.t(), words("peak")), const error&);
  CHECK_THROWS_AS(find_regions(two_peaks(), classes, eight, {}, words("peak", {"c"})), const error&);
}

TEST_CASE("a flat class is told where it matters, and what is NaN has no score") {
  cv::Mat flat = two_peaks();
  for (int y = 0; y < 4; ++y) std::fill_n(flat.ptr<float>(0, y), 6, 3.f);
  const auto found = find_regions(flat, classes, eight, {}, words("window-sum"));
  CHECK(found.flat);
  CHECK(found.regions[0].window == cv::Rect(24, 8, 16, 16));
  CHECK(!find_regions(flat, classes, eight, {}, words("window-sum", {}, "none")).flat);
  region_parameters p = words("window-sum");
  p.response.flat = zero_range::nan;
  const auto raw = find_regions(flat, classes, eight, {}, p);
  REQUIRE(raw.regions.size() == 2);
  CHECK(raw.regions[1].window == cv::Rect(0, 0, 16, 16));
  CHECK(!raw.regions[1].score);
  CHECK(raw.regions[1].repeat);
}

TEST_CASE("words become parameters, each rule with its own way") {
  CHECK(words("window-sum").response.normalize == normalization::minmax);
  CHECK(words("window-sum").response.combine == combination::sum);
  CHECK(words("peak").response.normalize == normalization::none);
  CHECK(words("peak").response.combine == combination::max);
  CHECK(words("peak", {"sum"}).response.combine == combination::sum);
  CHECK(words("peak", {"sum"}).classes.empty());
  CHECK(words("window-sum", {"max"}).response.combine == combination::max);
  CHECK(words("window-sum", {"a", "b"}).classes.size() == 2);
  CHECK_THROWS_AS(words("random"), const error&);
  CHECK_THROWS_AS(words("peak", {}, "z"), const error&);
}
