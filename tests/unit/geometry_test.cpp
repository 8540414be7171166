// SPDX-License-Identifier: Apache-2.0
// Frames lead where paper says, compose as matrices do, and come back when inverted.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/geometry/frame.hpp"

using namespace medvision;

namespace {

bool near(cv::Point2d a, cv::Point2d b) { return std::hypot(a.x - b.x, a.y - b.y) < 1e-9 * (1 + std::hypot(b.x, b.y)); }

frame any_frame(std::mt19937& random) {
  std::uniform_int_distribution<int> kind(0, 4), size(1, 5000), shift(-300, 300);
  const cv::Size from(size(random), size(random)), to(size(random), size(random));
  switch (kind(random)) {
    case 0:
      return crop_frame(shift(random), shift(random));
    case 1:
      return resize_frame(from, to);
    case 2:
      return flip_frame(from, true);
    case 3:
      return flip_frame(from, false);
    default:
      return rotation_frame(from, shift(random));
  }
}

}  // namespace

TEST_CASE("a crop at (10, 20) puts its first corner at (10, 20) of the old picture") {
  CHECK(apply(crop_frame(10, 20), {0, 0}) == cv::Point2d(10, 20));
  CHECK(apply(crop_frame(10, 20), {5.5, 1}) == cv::Point2d(15.5, 21));
}

TEST_CASE("a padding is a crop that starts outside") { CHECK(apply(crop_frame(-4, -2), {4, 2}) == cv::Point2d(0, 0)); }

TEST_CASE("a resize by s is x/s without a half-pixel term") {
  CHECK(apply(resize_frame({100, 50}, {25, 25}), {1, 1}) == cv::Point2d(4, 2));
  CHECK(apply(resize_frame({3, 3}, {6, 6}), {6, 6}) == cv::Point2d(3, 3));
}

TEST_CASE("a mirrored picture's left edge is the old right edge") {
  CHECK(apply(flip_frame({7, 5}, true), {0, 2}) == cv::Point2d(7, 2));
  CHECK(apply(flip_frame({7, 5}, false), {3, 0}) == cv::Point2d(3, 5));
}

TEST_CASE("a quarter turn clockwise brings the old bottom-left corner to the top left") {
  CHECK(apply(rotation_frame({7, 5}, 1), {0, 0}) == cv::Point2d(0, 5));
  CHECK(apply(rotation_frame({7, 5}, 1), {5, 0}) == cv::Point2d(0, 0));
  CHECK(apply(rotation_frame({7, 5}, 2), {0, 0}) == cv::Point2d(7, 5));
  CHECK(apply(rotation_frame({7, 5}, -1), {0, 0}) == cv::Point2d(7, 0));
  CHECK(rotation_frame({7, 5}, 4) == frame{});
}

TEST_CASE("four quarter turns are none") {
  // The picture's sides change places at each turn.
  const frame once = compose(rotation_frame({7, 5}, 1), rotation_frame({5, 7}, 1));
  CHECK(once == rotation_frame({7, 5}, 2));
  CHECK(compose(once, once) == frame{});
}

TEST_CASE("composition is application in turn, and inversion leads back") {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> place(-4000, 4000);
  for (int i = 0; i < 2000; ++i) {
    const frame a = any_frame(random), b = any_frame(random), c = any_frame(random);
    const cv::Point2d p(place(random), place(random));
    REQUIRE(near(apply(compose(a, b), p), apply(a, apply(b, p))));
    REQUIRE(near(apply(compose(compose(a, b), c), p), apply(compose(a, compose(b, c)), p)));
    REQUIRE(near(apply(invert(a), apply(a, p)), p));
    REQUIRE(near(apply(compose(a, invert(a)), p), p));
  }
}

TEST_CASE("a frame that loses a dimension has no inverse") {
  CHECK_THROWS_AS(invert(frame{{1, 2, 0, 2, 4, 0}}), error);
  CHECK_THROWS_AS(invert(frame{{NAN, 0, 0, 0, 1, 0}}), error);
  CHECK_THROWS_AS(resize_frame({0, 4}, {4, 4}), error);
}

TEST_CASE("only whole shifts, flips and quarter turns are pixel exact") {
  CHECK(is_pixel_exact(frame{}));
  CHECK(is_pixel_exact(crop_frame(-3, 12)));
  CHECK(is_pixel_exact(flip_frame({9, 4}, true)));
  CHECK(is_pixel_exact(rotation_frame({9, 4}, 3)));
  CHECK_FALSE(is_pixel_exact(crop_frame(0.5, 0)));
  CHECK_FALSE(is_pixel_exact(resize_frame({4, 4}, {8, 8})));
  CHECK(area_scale(resize_frame({4, 4}, {8, 8})) == doctest::Approx(0.25));
}

TEST_CASE("a box turned by a quarter keeps its area and swaps its sides") {
  const cv::Rect2d turned = map_box(rotation_frame({100, 60}, 1), {10, 20, 5, 8});
  CHECK(turned == cv::Rect2d(20, 45, 8, 5));
}

TEST_CASE("corners round half to even, so boxes that touch still touch") {
  CHECK(round_corners({0.5, 1.5, 1, 1}) == cv::Rect(0, 2, 2, 0));
  CHECK(round_corners({2.5, 0, 2, 3}) == cv::Rect(2, 0, 2, 3));
  const cv::Rect left = round_corners({0, 0, 10.4, 5}), right = round_corners({10.4, 0, 7, 5});
  CHECK(left.x + left.width == right.x);
}

TEST_CASE("clipping and intersection, on paper") {
  CHECK(clip({-5, 2, 10, 10}, {8, 8}) == cv::Rect(0, 2, 5, 6));
  CHECK(clip({20, 2, 10, 10}, {8, 8}) == cv::Rect());
  CHECK(intersection_area({0, 0, 4, 4}, {2, 1, 4, 2}) == 4);
  CHECK(intersection_area({0, 0, 4, 4}, {4, 0, 4, 4}) == 0);
}
