// SPDX-License-Identifier: Apache-2.0
// Patches lie where the rules say, cover every pixel, and are filled as the border says.
#include "medvision/patch/grid.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <opencv2/core.hpp>
#include <random>
#include <string>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

patch_grid grid_of(cv::Size image, cv::Size size, cv::Size stride, grid_rule rule) {
  return make_grid(image, {.size = size, .stride = stride, .rule = rule});
}

}  // namespace

TEST_CASE("pad runs over the end, flush moves the last patch back, even shortens the first steps") {
  CHECK(grid_of({10, 4}, {4, 4}, {3, 3}, grid_rule::pad).columns == std::vector<int>{0, 3, 6});
  CHECK(grid_of({11, 4}, {4, 4}, {3, 3}, grid_rule::pad).columns == std::vector<int>{0, 3, 6, 9});
  CHECK(grid_of({11, 4}, {4, 4}, {3, 3}, grid_rule::flush).columns == std::vector<int>{0, 3, 6, 7});
  CHECK(grid_of({11, 4}, {4, 4}, {3, 3}, grid_rule::even).columns == std::vector<int>{0, 2, 4, 7});
  CHECK(grid_of({11, 4}, {4, 4}, {3, 3}, grid_rule::pad).extent() == cv::Size(13, 4));
}

TEST_CASE("boxes are counted left to right, then down") {
  const patch_grid g = grid_of({5, 5}, {3, 2}, {2, 2}, grid_rule::pad);
  REQUIRE(g.count() == 6);
  CHECK(g.box(0) == cv::Rect(0, 0, 3, 2));
  CHECK(g.box(1) == cv::Rect(2, 0, 3, 2));
  CHECK(g.box(2) == cv::Rect(0, 2, 3, 2));
  CHECK(g.box(5) == cv::Rect(2, 4, 3, 2));
  CHECK(code_of([&] { (void)g.box(6); }) == "E_GRID");
  CHECK(code_of([&] { (void)g.box(-1); }) == "E_GRID");
}

TEST_CASE("a stride of zero means patches side by side, padded to the next multiple of the size") {
  const patch_grid g = make_grid({565, 584}, {.size = {48, 48}});
  CHECK(g.extent() == cv::Size(576, 624));
  CHECK(g.columns.size() == 12);
  CHECK(g.rows.size() == 13);
}

TEST_CASE("a picture smaller than the patch has one patch, which runs outside") {
  for (grid_rule rule : {grid_rule::pad, grid_rule::flush, grid_rule::even}) {
    const patch_grid g = grid_of({3, 5}, {8, 8}, {2, 2}, rule);
    REQUIRE(g.count() == 1);
    CHECK(g.box(0) == cv::Rect(0, 0, 8, 8));
  }
}

TEST_CASE("the even rule has the steps of the published heat maps") {
  // n = 1000, size 256, stride 70: 12 patches of which the steps are 70 less 26 pixels shared by 11 steps.
  const std::vector<int> at = grid_of({1000, 256}, {256, 256}, {70, 70}, grid_rule::even).columns;
  REQUIRE(at.size() == 12);
  int of_67 = 0, of_68 = 0;
  for (std::size_t i = 1; i < at.size(); ++i) (at[i] - at[i - 1] == 67 ? of_67 : of_68) += 1;
  CHECK(of_67 == 4);
  CHECK(of_68 == 7);
  CHECK(at.back() == 1000 - 256);
}

TEST_CASE("every pixel is in a patch, and no more patches are made than needed, for random sizes") {
  std::mt19937 random(7);
  const auto upto = [&](int n) { return 1 + int(random() % unsigned(n)); };
  for (int round = 0; round < 2000; ++round) {
    const int length = upto(90), size = upto(30), stride = upto(size);
    for (grid_rule rule : {grid_rule::pad, grid_rule::flush, grid_rule::even}) {
      const std::vector<int> at = grid_of({length, 1}, {size, 1}, {stride, 1}, rule).columns;
      CAPTURE(length);
      CAPTURE(size);
      CAPTURE(stride);
      REQUIRE(at.front() == 0);
      int widest = 0;
      for (std::size_t i = 1; i < at.size(); ++i) {
        REQUIRE(at[i] > at[i - 1]);
        widest = std::max(widest, at[i] - at[i - 1]);
      }
      REQUIRE(widest <= stride);
      REQUIRE(at.back() + size >= length);
      REQUIRE(at.back() + size - length < std::max(stride, size - length + 1));
      if (rule != grid_rule::pad && length >= size) REQUIRE(at.back() + size == length);
      REQUIRE(int(at.size()) == 1 + (std::max(0, length - size) + stride - 1) / stride);
    }
  }
}

TEST_CASE("a grid that cannot be, or would be too large, is refused before it is made") {
  CHECK(code_of([] { grid_of({0, 5}, {4, 4}, {2, 2}, grid_rule::pad); }) == "E_GRID");
  CHECK(code_of([] { grid_of({9, 9}, {0, 4}, {2, 2}, grid_rule::pad); }) == "E_GRID");
  CHECK(code_of([] { grid_of({9, 9}, {4, 4}, {0, 2}, grid_rule::pad); }) == "E_GRID");
  CHECK(code_of([] { grid_of({9, 9}, {4, 4}, {-1, 2}, grid_rule::pad); }) == "E_GRID");
  CHECK(code_of([] { grid_of({9, 9}, {4, 4}, {5, 4}, grid_rule::pad); }) == "E_GRID");
  CHECK(code_of([] { grid_of({2'000'000'000, 2'000'000'000}, {1, 1}, {1, 1}, grid_rule::pad); }) == "E_LIMIT");
  CHECK(code_of([] { grid_of({40'000, 40'000}, {48, 48}, {5, 5}, grid_rule::pad); }) == "E_LIMIT");
  CHECK(make_grid({9, 9}, {.size = {2, 2}, .stride = {5, 5}, .gaps = true}).columns == std::vector<int>{0, 5, 10});
}

TEST_CASE("the borders of a row of pixels, on paper") {
  const cv::Mat row = (cv::Mat_<uchar>(1, 3) << 5, 7, 9);
  const auto cut = [&](int x, int width, border b) {
    const cv::Mat p = cut_patch(row, {x, 0, width, 1}, b);
    return std::vector<int>(p.begin<uchar>(), p.end<uchar>());
  };
  CHECK(cut(-2, 7, border::zero) == std::vector<int>{0, 0, 5, 7, 9, 0, 0});
  CHECK(cut(-2, 7, border::edge) == std::vector<int>{5, 5, 5, 7, 9, 9, 9});
  CHECK(cut(-2, 7, border::reflect) == std::vector<int>{9, 7, 5, 7, 9, 7, 5});
  CHECK(cut(-7, 4, border::reflect) == std::vector<int>{7, 9, 7, 5});
  CHECK(cut(2, 4, border::minimum_corner) == std::vector<int>{5, 5, 5, 9});
  CHECK(cut(-1, 3, border::minimum_corner) == std::vector<int>{5, 5, 7});
  CHECK(cut(8, 2, border::zero) == std::vector<int>{0, 0});
  CHECK(cut(-1, 2, border::shift) == std::vector<int>{5, 7});
  CHECK(cut(2, 2, border::shift) == std::vector<int>{7, 9});
  CHECK(cut(2, 5, border::shift) == std::vector<int>{5, 7, 9, 0, 0});
  CHECK(box_cut({3, 1}, {2, 0, 2, 1}, border::shift) == cv::Rect(1, 0, 2, 1));
  CHECK(box_cut({3, 1}, {2, 0, 2, 1}, border::zero) == cv::Rect(2, 0, 2, 1));
  CHECK(patch_frame({3, 1}, {2, 0, 2, 1}, border::shift) == crop_frame(1, 0));
  CHECK(cut(8, 2, border::edge) == std::vector<int>{9, 9});
  CHECK(cut(1, 2, border::zero) == std::vector<int>{7, 9});
}

TEST_CASE("a cut is what cutting from a widely bordered picture gives, for random boxes and types") {
  std::mt19937 random(11);
  const auto upto = [&](int n) { return int(random() % unsigned(n)); };
  const int kinds[] = {cv::BORDER_CONSTANT, cv::BORDER_REPLICATE, cv::BORDER_REFLECT_101};
  const border borders[] = {border::zero, border::edge, border::reflect};
  const int types[] = {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC3};
  for (int round = 0; round < 400; ++round) {
    cv::Mat image(1 + upto(9), 1 + upto(9), types[upto(4)]);
    cv::randu(image, 0, 200);
    const int margin = 40;
    const cv::Rect box(upto(30) - 18, upto(30) - 18, 1 + upto(20), 1 + upto(20));
    for (int k = 0; k < 3; ++k) {
      cv::Mat wide;
      cv::copyMakeBorder(image, wide, margin, margin, margin, margin, kinds[k], cv::Scalar::all(0));
      const cv::Mat expected = wide(box + cv::Point(margin, margin));
      const cv::Mat met = cut_patch(image, box, borders[k]);
      REQUIRE(met.type() == image.type());
      REQUIRE(met.size() == box.size());
      REQUIRE(cv::norm(met, expected, cv::NORM_INF) == 0);
    }
  }
}

TEST_CASE("a cut has its own memory, and a cut from a part of a larger picture does not see around it") {
  cv::Mat large(8, 8, CV_8U, cv::Scalar(200));
  cv::Mat part = large({2, 2, 3, 3});
  part.setTo(9);
  cv::Mat inner = cut_patch(part, {0, 0, 2, 2}, border::zero);
  inner.setTo(1);
  CHECK(part.at<uchar>(0, 0) == 9);
  CHECK(cv::norm(cut_patch(part, {-2, -2, 7, 7}, border::edge), cv::Mat(7, 7, CV_8U, cv::Scalar(9)), cv::NORM_INF) ==
        0);
}

TEST_CASE("a patch of nothing is refused, and so is an unknown word") {
  const cv::Mat image(3, 3, CV_8U, cv::Scalar(1));
  CHECK(code_of([&] { cut_patch({}, {0, 0, 1, 1}, border::zero); }) == "E_SHAPE");
  CHECK(code_of([&] { cut_patch(image, {0, 0, 0, 1}, border::zero); }) == "E_SHAPE");
  CHECK(code_of([] { grid_rule_named("loose"); }) == "E_OPTION");
  CHECK(code_of([] { border_named("wrap"); }) == "E_OPTION");
  CHECK(border_named("minimum-corner") == border::minimum_corner);
  CHECK(grid_rule_named("even") == grid_rule::even);
}

TEST_CASE("a patch's frame leads to where its pixels were, also where minimum-corner moved them") {
  cv::Mat image(20, 30, CV_8U);
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 30; ++x) image.at<uchar>(y, x) = uchar(1 + y * 10 + x % 10);
  for (const border outside : {border::zero, border::edge, border::minimum_corner})
    for (const cv::Rect box :
         {cv::Rect(4, 5, 8, 8), cv::Rect(-3, -2, 8, 8), cv::Rect(26, 15, 8, 8), cv::Rect(-2, 16, 34, 8)}) {
      const cv::Mat patch = cut_patch(image, box, outside);
      const frame f = patch_frame(image.size(), box, outside);
      // The bottom right pixel of the visible part, and the one left above of it.
      const cv::Rect seen = box & cv::Rect(0, 0, 30, 20);
      for (const int back : {1, 2}) {
        const cv::Point2d at = apply(invert(f), {seen.br().x - back + 0.5, seen.br().y - back + 0.5});
        CHECK(patch.at<uchar>(int(at.y), int(at.x)) == image.at<uchar>(seen.br().y - back, seen.br().x - back));
      }
      CHECK((f == crop_frame(box.x, box.y)) == (outside != border::minimum_corner || seen.br() == box.br()));
    }
}
