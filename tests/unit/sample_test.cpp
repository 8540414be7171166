// SPDX-License-Identifier: Apache-2.0
// Random patches depend on seed, record and index alone, and lie where they may.
#include "medvision/patch/sample.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <set>
#include <string>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

cv::Mat disc(cv::Size size, int radius) {
  cv::Mat mask = cv::Mat::zeros(size, CV_8U);
  cv::circle(mask, {size.width / 2, size.height / 2}, radius, 255, cv::FILLED);
  return mask;
}

}  // namespace

TEST_CASE("the numbers drawn are the published formula's") {
  CHECK(draw(0, 0, 0, 0) == 0x2130748AAAC80268);
  CHECK(draw(1, 2, 3, 4) == 0x99E29908CA70E935);
  CHECK(draw(7, 0xcbf29ce484222325, 1, 0) == 0x58C41E65218F82E4);
}

TEST_CASE("a patch does not depend on how many are drawn") {
  const cv::Mat mask = disc({60, 50}, 20);
  const auto few = sample_boxes(mask.size(), mask, {.size = {9, 7}, .count = 5, .seed = 3, .stream = 99});
  const auto many = sample_boxes(mask.size(), mask, {.size = {9, 7}, .count = 50, .seed = 3, .stream = 99});
  CHECK(std::equal(few.begin(), few.end(), many.begin()));
  const auto other_seed = sample_boxes(mask.size(), mask, {.size = {9, 7}, .count = 50, .seed = 4, .stream = 99});
  const auto other_record = sample_boxes(mask.size(), mask, {.size = {9, 7}, .count = 50, .seed = 3, .stream = 98});
  CHECK(many != other_seed);
  CHECK(many != other_record);
}

TEST_CASE("every allowed place is drawn and no other, against counting them one by one") {
  const cv::Mat mask = disc({20, 16}, 6);
  const sample_parameters p{.size = {5, 4}, .count = 6000, .min_inside = 0.8};
  std::set<std::pair<int, int>> allowed, met;
  for (int y = 0; y + p.size.height <= mask.rows; ++y)
    for (int x = 0; x + p.size.width <= mask.cols; ++x)
      if (mask.at<uchar>(y + 2, x + 2) != 0 && inside_share(mask, {x, y, 5, 4}) >= 0.8) allowed.insert({x, y});
  for (const cv::Rect& b : sample_boxes(mask.size(), mask, p)) {
    REQUIRE(b.size() == p.size);
    met.insert({b.x, b.y});
  }
  CHECK(met == allowed);
}

TEST_CASE("places are drawn evenly") {
  const auto boxes = sample_boxes({10, 10}, {}, {.size = {1, 1}, .count = 100000, .seed = 5});
  std::vector<double> count(100, 0);
  for (const cv::Rect& b : boxes) count[std::size_t(b.y * 10 + b.x)] += 1;
  double chi_square = 0;
  for (double n : count) chi_square += (n - 1000) * (n - 1000) / 1000;
  CHECK(chi_square < 148.2);  // the 0.999 quantile of chi-square with 99 degrees of freedom
  CHECK(chi_square > 56);
}

TEST_CASE("a picture smaller than the patch has its one place at the origin") {
  const auto boxes = sample_boxes({3, 20}, {}, {.size = {8, 8}, .count = 20});
  for (const cv::Rect& b : boxes) {
    CHECK(b.x == 0);
    CHECK(b.y <= 12);
  }
  const cv::Mat mask(20, 3, CV_8U, cv::Scalar(255));
  CHECK(sample_boxes({3, 20}, mask, {.size = {8, 8}, .count = 4, .min_inside = 0.3}).size() == 4);
}

TEST_CASE("where nothing fits the failure says so") {
  const cv::Mat nothing = cv::Mat::zeros(20, 20, CV_8U);
  CHECK(code_of([&] { sample_boxes({20, 20}, nothing, {.size = {5, 5}}); }) == "E_NO_PLACE");
  CHECK(code_of([&] { sample_boxes({20, 20}, disc({20, 20}, 3), {.size = {9, 9}, .min_inside = 1}); }) == "E_NO_PLACE");
  CHECK(code_of([&] { sample_boxes({20, 20}, nothing, {.size = {0, 5}}); }) == "E_GRID");
  CHECK(code_of([&] { sample_boxes({20, 20}, nothing, {.size = {5, 5}, .count = 0}); }) == "E_GRID");
  CHECK(code_of([&] { sample_boxes({20, 20}, nothing, {.size = {5, 5}, .min_inside = 2}); }) == "E_GRID");
  CHECK(code_of([&] { sample_boxes({21, 20}, nothing, {.size = {5, 5}}); }) == "E_SHAPE");
}

TEST_CASE("a mask placed on a crop is the crop of the mask, and on a half-size picture every second pixel's") {
  const cv::Mat mask = disc({40, 30}, 11);
  const cv::Mat cropped = place_mask(mask, {}, {12, 9}, crop_frame(10, 5));
  CHECK(cv::norm(cropped, mask({10, 5, 12, 9}), cv::NORM_INF) == 0);
  const cv::Mat padded = place_mask(mask, {}, {50, 40}, crop_frame(-3, -4));
  CHECK(cv::countNonZero(padded) == cv::countNonZero(mask));
  CHECK(cv::norm(padded({3, 4, 40, 30}), mask, cv::NORM_INF) == 0);
  const cv::Mat half = place_mask(mask, {}, {20, 15}, resize_frame({40, 30}, {20, 15}));
  for (int y = 0; y < 15; ++y)
    for (int x = 0; x < 20; ++x) REQUIRE(half.at<uchar>(y, x) == mask.at<uchar>(2 * y + 1, 2 * x + 1));
  const cv::Mat mirrored = place_mask(mask, flip_frame({40, 30}, true), {40, 30}, {});
  cv::Mat flipped;
  cv::flip(mask, flipped, 1);
  CHECK(cv::norm(mirrored, flipped, cv::NORM_INF) == 0);
}

TEST_CASE("the share inside counts what runs outside the picture as not inside") {
  const cv::Mat mask(4, 4, CV_8U, cv::Scalar(1));
  CHECK(inside_share(mask, {0, 0, 4, 4}) == 1);
  CHECK(inside_share(mask, {2, 2, 4, 4}) == 0.25);
  CHECK(inside_share(mask, {9, 9, 4, 4}) == 0);
}

TEST_CASE("a grid keeps the patches that are inside enough, in order") {
  const cv::Mat mask = disc({40, 30}, 9);
  const patch_grid grid = make_grid({40, 30}, {.size = {8, 8}, .stride = {5, 5}});
  CHECK(std::int64_t(boxes_inside(grid, {}, 0.5).size()) == grid.count());
  std::size_t touching = 0;
  for (std::int64_t i = 0; i < grid.count(); ++i) touching += inside_share(mask, grid.box(i)) > 0;
  CHECK(boxes_inside(grid, mask, 0).size() == touching);
  CHECK(touching < std::size_t(grid.count()));
  const auto kept = boxes_inside(grid, mask, 0.5);
  std::vector<cv::Rect> expected;
  for (std::int64_t i = 0; i < grid.count(); ++i)
    if (inside_share(mask, grid.box(i)) >= 0.5) expected.push_back(grid.box(i));
  CHECK(kept == expected);
  CHECK(!kept.empty());
  CHECK(std::int64_t(kept.size()) < grid.count());
  CHECK(code_of([&] { boxes_inside(grid, cv::Mat::zeros(30, 40, CV_8U), 0.1); }) == "E_NO_PLACE");
}
