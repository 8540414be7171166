// SPDX-License-Identifier: Apache-2.0
// Variants of a picture: pixels, boxes and frames move together, by chance that depends on seed, record and index
// alone.
#include "medvision/patch/augment.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/patch/sample.hpp"

using namespace medvision;

namespace {

/// Every pixel different: 1 + its place.
cv::Mat numbered(int width, int height) {
  cv::Mat image(height, width, CV_16U);
  for (int i = 0; i < width * height; ++i) image.at<ushort>(i / width, i % width) = ushort(i + 1);
  return image;
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

augment_parameters all_moves() {
  augment_parameters p;
  p.quarter_turns = {0, 1, 2, 3};
  p.left_right = p.top_bottom = true;
  p.translate = 3;
  p.crop = {6, 5};
  p.seed = 5;
  return p;
}

}  // namespace

TEST_CASE("a quarter turn and a shift on paper") {
  // 1 2 3      4 1      0 4
  // 4 5 6  ->  5 2  ->  0 5  (turned clockwise, then moved right by one)
  //            6 3      0 6
  variant v{{3, 2}};
  v.quarter_turns = 1;
  v.box = {-1, 0, 2, 3};
  const cv::Mat out = make_variant(numbered(3, 2), v, border::zero);
  CHECK(equal(out, (cv::Mat_<ushort>(3, 2) << 0, 4, 0, 5, 0, 6)));
  CHECK(equal(make_variant(numbered(3, 2), v, border::edge), (cv::Mat_<ushort>(3, 2) << 4, 4, 5, 5, 6, 6)));
  // The centre of the pixel that shows 4, column 1 of row 0, was in column 0 of row 1.
  CHECK(apply(v.step(), {1.5, 0.5}) == cv::Point2d(0.5, 1.5));
}

TEST_CASE("each pixel shows what lies where the frame says, for all moves together") {
  const cv::Mat image = numbered(11, 8);
  std::set<std::array<double, 4>> attitudes;
  for (int i = 0; i < 300; ++i) {
    const variant v = draw_variant(image.size(), all_moves(), i);
    const cv::Mat out = make_variant(image, v, border::zero);
    const frame step = v.step();
    REQUIRE(is_pixel_exact(step));
    attitudes.insert({step.m[0], step.m[1], step.m[3], step.m[4]});
    for (int y = 0; y < out.rows; ++y)
      for (int x = 0; x < out.cols; ++x) {
        const cv::Point2d p = apply(step, {x + 0.5, y + 0.5});
        const bool in = p.x >= 0 && p.y >= 0 && p.x < image.cols && p.y < image.rows;
        REQUIRE(out.at<ushort>(y, x) == (in ? image.at<ushort>(int(p.y), int(p.x)) : 0));
      }
  }
  CHECK(attitudes.size() == 8);
}

TEST_CASE("with nothing asked a variant is the picture") {
  const cv::Mat image = numbered(7, 5);
  const variant v = draw_variant(image.size(), {}, 3);
  CHECK(equal(make_variant(image, v, border::zero), image));
  CHECK(v.step() == frame{});
  CHECK(v.contrast == 1);
  CHECK(v.saturation == 1);
  CHECK(move_boxes({{1.5, 2, 3, 2.25}}, v)[0] == cv::Rect2d(1.5, 2, 3, 2.25));
}

TEST_CASE("a variant depends on seed, record and index, and one option more changes nothing of the others") {
  const cv::Size size(40, 30);
  augment_parameters p;
  p.quarter_turns = {0, 1, 2, 3};
  p.translate = 0.25;
  p.translate_is_share = true;
  augment_parameters more = p;
  more.contrast = {0.5, 1.5};
  more.left_right = true;
  more.elastic.sigma = 2;
  int other_seed = 0, other_record = 0;
  for (int i = 0; i < 50; ++i) {
    const variant v = draw_variant(size, p, i);
    CHECK(draw_variant(size, p, i).step() == v.step());
    const variant w = draw_variant(size, more, i);
    CHECK(w.quarter_turns == v.quarter_turns);
    CHECK(w.box == v.box);
    augment_parameters q = p;
    q.seed = 1;
    other_seed += draw_variant(size, q, i).step() != v.step();
    other_record += draw_variant(size, p.of(77), i).step() != v.step();
  }
  CHECK(other_seed > 40);
  CHECK(other_record > 40);
}

TEST_CASE("all attitudes, all shifts and factors in range are drawn") {
  augment_parameters p = all_moves();
  p.crop = {0, 0};
  p.quarter_turns = {0, 2};
  p.contrast = {0.5, 1.5};
  std::set<int> turns, shifts;
  double low = 9, high = 0;
  for (int i = 0; i < 500; ++i) {
    const variant v = draw_variant({20, 10}, p, i);
    turns.insert(v.quarter_turns + 4 * int(v.left_right) + 8 * int(v.top_bottom));
    shifts.insert(v.box.x);
    low = std::min(low, v.contrast);
    high = std::max(high, v.contrast);
  }
  CHECK(turns == std::set<int>{0, 2, 4, 6, 8, 10, 12, 14});
  CHECK(shifts == std::set<int>{-3, -2, -1, 0, 1, 2, 3});
  CHECK(low >= 0.5);
  CHECK(low < 0.52);
  CHECK(high <= 1.5);
  CHECK(high > 1.48);
}

TEST_CASE("a share of the side is a share of the side it goes along") {
  augment_parameters p;
  p.translate = 0.1;
  p.translate_is_share = true;
  int x = 0, y = 0;
  for (int i = 0; i < 400; ++i) {
    const cv::Rect box = draw_variant({200, 50}, p, i).box;
    x = std::max(x, std::abs(box.x));
    y = std::max(y, std::abs(box.y));
  }
  CHECK(x == 20);
  CHECK(y == 5);
}

TEST_CASE("a moved box encloses the moved mask, bent or not, and the mask keeps its two values") {
  cv::Mat mask = cv::Mat::zeros(60, 80, CV_8U);
  const cv::Rect lesion(22, 17, 13, 9);
  mask(lesion).setTo(255);
  mask(cv::Rect(22, 17, 5, 4)).setTo(0);  // no rectangle
  augment_parameters p = all_moves();
  p.crop = {45, 40};
  int seen = 0;
  for (const double sigma : {0.0, 4.0}) {
    p.elastic.sigma = sigma;
    for (int i = 0; i < 60; ++i) {
      const variant v = draw_variant(mask.size(), p, i);
      const cv::Mat moved = make_variant(mask, v, border::zero, true);
      REQUIRE(cv::countNonZero(moved) == cv::countNonZero(moved == 255));
      const cv::Rect2d box = move_boxes({lesion}, v)[0];
      const cv::Rect around = cv::boundingRect(moved);
      REQUIRE((around.empty() || (box & cv::Rect2d(around)) == cv::Rect2d(around)));
      if (sigma == 0) REQUIRE(box.area() >= cv::countNonZero(moved));
      seen += !around.empty();
    }
  }
  CHECK(seen > 60);
}

TEST_CASE("a bent box is the smallest around a bent mask that fills it") {
  cv::Mat mask = cv::Mat::zeros(60, 80, CV_8U);
  const cv::Rect lesion(30, 20, 18, 16);
  mask(lesion).setTo(1);
  augment_parameters p;
  p.elastic.sigma = 3;
  for (int i = 0; i < 20; ++i) {
    const variant v = draw_variant(mask.size(), p, i);
    const cv::Mat moved = make_variant(mask, v, border::zero, true);
    CHECK(move_boxes({lesion}, v)[0] == cv::Rect2d(cv::boundingRect(moved)));
  }
}

TEST_CASE("a box that leaves the picture is empty, one at its edge is cut") {
  variant v{{10, 10}};
  v.box = {4, 0, 6, 10};
  const auto moved = move_boxes({{0, 0, 3, 3}, {2, 5, 4, 2}}, v);
  CHECK(moved[0].empty());
  CHECK(moved[1] == cv::Rect2d(0, 5, 2, 2));
}

TEST_CASE("labels are placed with their values") {
  cv::Mat labels(2, 2, CV_16UC3, cv::Scalar(0));
  labels.at<cv::Vec3w>(1, 0) = {7, 300, 65535};
  const cv::Mat placed = place_labels(labels, {{2, 0, 0, 0, 2, 0}}, {4, 5}, {});
  CHECK(placed.type() == CV_16UC3);
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 4; ++x) {
      const bool there = (y == 2 || y == 3) && x < 2;
      CHECK(placed.at<cv::Vec3w>(y, x) == (there ? cv::Vec3w(7, 300, 65535) : cv::Vec3w(0, 0, 0)));
    }
  CHECK(code_of([&] { place_labels({}, {}, {4, 5}, {}); }) == "E_SHAPE");
}

TEST_CASE("wrong requests are refused in words") {
  augment_parameters p;
  const auto refused = [&] { return code_of([&] { check_augment(p); }, blame::request); };
  CHECK(refused() == "");
  p.quarter_turns = {4};
  CHECK(refused() == "E_OPTION");
  p = {};
  p.translate = -1;
  CHECK(refused() == "E_OPTION");
  p = {};
  p.translate = 2;
  p.translate_is_share = true;
  CHECK(refused() == "E_OPTION");
  p = {};
  p.contrast = {1.5, 0.5};
  CHECK(refused() == "E_OPTION");
  p = {};
  p.crop = {3, 0};
  CHECK(refused() == "E_OPTION");
  p.crop = {30, 4};
  CHECK(code_of([&] { draw_variant({20, 40}, p, 0); }) == "E_SHAPE");
  CHECK(code_of([] {
          make_variant(numbered(3, 3), {.picture = {4, 3}, .box = {0, 0, 4, 3}}, border::zero);
        }) == "E_SHAPE");
}
