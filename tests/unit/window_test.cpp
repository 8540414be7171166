// SPDX-License-Identifier: Apache-2.0
#include "medvision/select/window.hpp"

#include <doctest/doctest.h>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

using namespace medvision;

TEST_CASE("windows and positions of the published sizes") {
  const frame f = resize_frame({1920, 2944}, {30, 46});  // from cells to pixels: 64 each
  CHECK(window_in_cells({256, 256}, {30, 46}, f) == cv::Size(4, 4));
  CHECK(window_in_picture({26, 42, 4, 4}, {30, 46}, f, {256, 256}) == cv::Rect(1664, 2688, 256, 256));
  CHECK(window_in_cells({512, 512}, {120, 184}, resize_frame({1920, 2944}, {120, 184})) == cv::Size(32, 32));
  CHECK(window_in_cells({200, 200}, {14, 14}, resize_frame({492, 492}, {14, 14})) == cv::Size(6, 6));
}

TEST_CASE("halves are rounded to even") {
  const frame f = resize_frame({15, 25}, {10, 10});  // 1.5 and 2.5 pixels a cell
  CHECK(window_in_picture({1, 1, 2, 2}, {10, 10}, f, {3, 5}) == cv::Rect(2, 2, 3, 5));
  CHECK(window_in_picture({3, 3, 2, 2}, {10, 10}, f, {3, 5}) == cv::Rect(4, 8, 3, 5));
  CHECK(window_in_cells({5, 5}, {10, 10}, resize_frame({20, 20}, {10, 10})) == cv::Size(2, 2));
  CHECK(window_in_cells({7, 7}, {10, 10}, resize_frame({20, 20}, {10, 10})) == cv::Size(4, 4));
}

TEST_CASE("positions are the reference's expression in 64 bit for every cell of odd sizes") {
  for (const auto& [n, pixels] : {std::pair{45, 1333}, std::pair{29, 1001}, std::pair{46, 2944}, std::pair{7, 100}})
    for (int c = 0; c < n; ++c) {
      const cv::Rect met = window_in_picture({c, 0, 1, 1}, {n, n}, resize_frame({pixels, pixels}, {n, n}), {5, 5});
      CHECK(met.x == int(std::nearbyint(double(c) / n * pixels)));
    }
}

TEST_CASE("a moved map gives moved windows, a mirrored one mirrored windows") {
  const frame f{{8, 0, 100, 0, 8, -20}};
  CHECK(window_in_picture({3, 4, 2, 2}, {10, 12}, f, {16, 16}) == cv::Rect(124, 12, 16, 16));
  const frame mirrored = compose(flip_frame({200, 150}, true), f);
  CHECK(window_in_cells({16, 16}, {10, 12}, mirrored) == cv::Size(2, 2));
  CHECK(window_in_picture({3, 4, 2, 2}, {10, 12}, mirrored, {16, 16}) ==
        round_corners(map_box(mirrored, {3, 4, 2, 2})));
}

TEST_CASE("windows that are no cell or more than the map, and turned maps, are refused") {
  const frame f = resize_frame({640, 640}, {10, 10});
  CHECK_THROWS_AS(window_in_cells({32, 64}, {10, 10}, f), const error&);  // half a cell, to even: none
  CHECK_THROWS_AS(window_in_cells({640, 700}, {10, 10}, f), const error&);
  CHECK_THROWS_AS(window_in_cells({0, 64}, {10, 10}, f), const error&);
  CHECK_THROWS_AS(window_in_cells({64, 64}, {10, 10}, rotation_frame({10, 10}, 1)), const error&);
  CHECK_THROWS_AS(window_in_picture({0, 0, 1, 1}, {10, 10}, {{0, 0, 0, 0, 1, 0}}, {4, 4}), const error&);
}
