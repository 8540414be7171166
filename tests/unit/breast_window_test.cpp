// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/breast_window.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

cv::Mat dotted(cv::Size size, int seed) {
  cv::Mat values(size, CV_8U);
  cv::RNG random(std::uint64_t(seed) + 1);
  random.fill(values, cv::RNG::UNIFORM, 0, 100);
  cv::Mat mask = values < 40;
  mask.rowRange(0, size.height / 3).setTo(0, values.rowRange(0, size.height / 3) > 10);
  return mask;
}
/// Every candidate row counted by itself.
int slow_row(const cv::Mat& tissue, int column, cv::Size window) {
  const int half = window.height / 2, middle = tissue.rows / 2;
  int best = middle;
  long most = -1;
  for (int row = half; row <= tissue.rows - (window.height - half); ++row) {
    const int left = std::max(0, column - window.width / 2);
    const cv::Rect at(left, row - half, std::min(window.width, tissue.cols - left), window.height);
    const long held = cv::countNonZero(tissue(at)), nearer = long(row - middle) * (row - middle);
    if (held > most || (held == most && nearer < long(best - middle) * (best - middle))) best = row, most = held;
  }
  return best;
}

}  // namespace

TEST_CASE("on paper: the window of a craniocaudal view goes where most tissue is, and ends before the last column") {
  cv::Mat tissue = cv::Mat::zeros(10, 8, CV_8U);
  tissue({0, 5, 6, 3}).setTo(255);
  breast_box b;
  b.kept = {0, 0, 8, 10};
  b.rightmost_column = 5;
  const cv::Point centre = best_centre(tissue, b, breast_view::cc, {4, 4});
  CHECK(centre == cv::Point(2, 6));  // rows 4 to 7 and 5 to 8 hold all of it; the former's centre is nearer the middle
  CHECK(window_at(centre, breast_view::cc, {4, 4}, tissue.size()) == cv::Rect(0, 4, 4, 4));
}

TEST_CASE("on paper: the window of an oblique view ends above the breast's lowest row") {
  cv::Mat tissue = cv::Mat::zeros(10, 8, CV_8U);
  tissue({0, 2, 6, 6}).setTo(255);
  breast_box b;
  b.kept = {0, 0, 8, 10};
  b.rightmost_column = 5;
  b.bottommost_row = 7;
  CHECK(best_centre(tissue, b, breast_view::mlo, {4, 4}) == cv::Point(2, 4));
  // Its last columns, as many as the window has, end in row 6: the window goes up.
  tissue({4, 7, 4, 1}).setTo(0);
  CHECK(best_centre(tissue, b, breast_view::mlo, {4, 4}) == cv::Point(2, 3));
  tissue.setTo(0);
  CHECK(best_centre(tissue, b, breast_view::mlo, {4, 4}) == cv::Point(2, 4));
}

TEST_CASE("sums down the columns choose the row that counting every window chooses") {
  for (int seed = 0; seed < 40; ++seed) {
    const cv::Size size(20 + seed % 5, 30 + seed % 7), window(5 + seed % 9, 8 + seed % 11);
    const cv::Mat tissue = dotted(size, seed);
    breast_box b;
    b.kept = {{}, size};
    b.rightmost_column = 6 + seed % 14;
    const cv::Point centre = best_centre(tissue, b, breast_view::cc, window);
    CHECK(centre.x == b.rightmost_column - window.width / 2 - 1);
    CHECK(centre.y == slow_row(tissue, centre.x, window));
  }
}

TEST_CASE("a window lies inside where it can, and where the picture is smaller around it") {
  for (const breast_view view : {breast_view::cc, breast_view::mlo})
    for (int width = 1; width < 14; ++width)
      for (int height = 1; height < 14; ++height)
        for (const cv::Point centre : {cv::Point(-90, -90), cv::Point(4, 4), cv::Point(90, 90)}) {
          const cv::Rect at = window_at(centre, view, {width, height}, {9, 8}), picture(0, 0, 9, 8);
          CHECK(at.size() == cv::Size(width, height));
          const cv::Size shared = (at & picture).size();
          CHECK(shared == cv::Size(std::min(width, 9), std::min(height, 8)));
        }
  CHECK(window_at({4, 4}, breast_view::cc, {12, 11}, {9, 8}) == cv::Rect(0, -1, 12, 11));
  CHECK(window_at({4, 4}, breast_view::mlo, {12, 11}, {9, 8}) == cv::Rect(0, 0, 12, 11));
}

TEST_CASE("wrong requests") {
  breast_box b;
  b.kept = {0, 0, 8, 10};
  const cv::Mat tissue = cv::Mat::ones(10, 8, CV_8U);
  CHECK(code_of([&] { best_centre(tissue, b, breast_view::cc, {0, 4}); }) == "E_WINDOW");
  CHECK(code_of([&] { best_centre(tissue.rowRange(0, 9), b, breast_view::cc, {4, 4}); }) == "E_SHAPE");
  CHECK(code_of([] { window_at({}, breast_view::mlo, {4, 0}, {5, 5}); }) == "E_WINDOW");
}
