// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/breast.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

cv::Mat drawn(const std::vector<std::string>& rows) {
  cv::Mat m(int(rows.size()), int(rows[0].size()), CV_8U);
  for (int y = 0; y < m.rows; ++y)
    for (int x = 0; x < m.cols; ++x) m.at<uchar>(y, x) = rows[std::size_t(y)][std::size_t(x)] == '.' ? 0 : 255;
  return m;
}
bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}
/// One erosion (dilation) by the pixel and its four neighbours, nothing outside.
cv::Mat step(const cv::Mat& m, bool erode) {
  cv::Mat out = m.clone();
  const auto at = [&](int y, int x) { return y >= 0 && x >= 0 && y < m.rows && x < m.cols && m.at<uchar>(y, x) != 0; };
  for (int y = 0; y < m.rows; ++y)
    for (int x = 0; x < m.cols; ++x) {
      const int n = at(y, x) + at(y - 1, x) + at(y + 1, x) + at(y, x - 1) + at(y, x + 1);
      out.at<uchar>(y, x) = (erode ? n == 5 : n > 0) ? 255 : 0;
    }
  return out;
}
/// All pixels reached from `seed` by four neighbours. Erased from `m`.
cv::Mat flood(cv::Mat& m, cv::Point seed) {
  cv::Mat piece = cv::Mat::zeros(m.size(), CV_8U);
  std::vector<cv::Point> todo{seed};
  while (!todo.empty()) {
    const cv::Point p = todo.back();
    todo.pop_back();
    if (!cv::Rect({}, m.size()).contains(p) || m.at<uchar>(p) == 0) continue;
    m.at<uchar>(p) = 0;
    piece.at<uchar>(p) = 255;
    for (const cv::Point d : {cv::Point(1, 0), cv::Point(-1, 0), cv::Point(0, 1), cv::Point(0, -1)})
      todo.push_back(p + d);
  }
  return piece;
}
cv::Mat slow_breast(const cv::Mat& tissue, int iterations) {
  cv::Mat m = tissue.clone();
  for (int i = 0; i < iterations; ++i) m = step(m, true);
  cv::Mat best = cv::Mat::zeros(m.size(), CV_8U);
  for (int y = 0; y < m.rows; ++y)
    for (int x = 0; x < m.cols; ++x)
      if (m.at<uchar>(y, x) != 0) {
        const cv::Mat piece = flood(m, {x, y});
        if (cv::countNonZero(piece) > cv::countNonZero(best)) best = piece;
      }
  for (int i = 0; i < iterations; ++i) best = step(best, false);
  return best;
}
/// Smooth blobs cut off at a level: pieces, holes, bridges.
cv::Mat blobs(int width, int height, int seed) {
  cv::RNG random(std::uint64_t(seed) + 1);
  cv::Mat m = cv::Mat::zeros(height, width, CV_8U);
  for (int k = 0; k < 14; ++k) {
    const cv::Point c(random.uniform(0, width), random.uniform(0, height));
    const int radius = random.uniform(1, 9), value = random.uniform(0, 4) == 0 ? 0 : 255;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        if ((x - c.x) * (x - c.x) + (y - c.y) * (y - c.y) < radius * radius) m.at<uchar>(y, x) = uchar(value);
  }
  return m;
}

}  // namespace

TEST_CASE("on paper: one erosion parts a label's bridge, the larger piece is kept, corners are cut") {
  const cv::Mat tissue = drawn({"#####....",  //
                                "#####....",  //
                                "######.##",  //
                                "########.",  //
                                "#####..##",  //
                                "#####....",  //
                                "........."});
  CHECK(same(find_breast(tissue, 1), drawn({".###.....",  //
                                            "#####....",  //
                                            "######...",  //
                                            "######...",  //
                                            "#####....",  //
                                            ".###.....",  //
                                            "........."})));
  CHECK(same(find_breast(tissue, 0), tissue));
}

TEST_CASE("distances do what erosions one after the other do") {
  int found = 0;
  for (int seed = 0; seed < 60; ++seed)
    for (int iterations : {0, 1, 2, 3, 5}) {
      const cv::Mat tissue = blobs(37 + seed % 3, 29, seed), slow = slow_breast(tissue, iterations),
                    kept = tissue.clone();
      if (cv::countNonZero(slow) == 0) {
        CHECK(code_of([&] { find_breast(tissue, iterations); }) == "E_NO_TISSUE");
        continue;
      }
      CHECK(same(find_breast(tissue, iterations), slow));
      CHECK(same(tissue, kept));  // what it is given stays as it is
      ++found;
    }
  CHECK(found > 150);
}

TEST_CASE("more erosions than a byte counts are the same erosions") {
  cv::Mat large;
  cv::copyMakeBorder(cv::Mat(600, 640, CV_8U, cv::Scalar(255)), large, 10, 10, 0, 30, cv::BORDER_CONSTANT,
                     cv::Scalar(0));
  const cv::Mat by_byte = find_breast(large, 254), by_float = find_breast(large, 255);
  CHECK(cv::boundingRect(by_byte) == cv::Rect(0, 10, 640, 600));
  CHECK(cv::boundingRect(by_float) == cv::Rect(0, 10, 640, 600));
  // A diamond of radius n in a corner leaves out n(n+1)/2 pixels.
  CHECK(cv::countNonZero(by_byte) == 640 * 600 - 4 * 254 * 255 / 2);
  CHECK(cv::countNonZero(by_float) == 640 * 600 - 4 * 255 * 256 / 2);
}

TEST_CASE("of equal pieces the first in raster order is kept") {
  const cv::Mat tissue = drawn({"......##", "##....##", "##......"});
  CHECK(same(find_breast(tissue, 0), drawn({"......##", "......##", "........"})));
}

TEST_CASE("on paper: the box, the buffer and the outermost points of a breast that points right") {
  const cv::Mat breast = drawn({"..........",  //
                                "##........",  //
                                "####......",  //
                                "#####.....",  //
                                "#####.....",  //
                                "###.......",  //
                                ".#........",  //
                                "..........",  //
                                ".........."});
  const breast_box b = measure_breast(breast, pointing::right, 2);
  CHECK(b.breast == cv::Rect(0, 1, 5, 6));
  CHECK(b.kept == cv::Rect(0, 0, 7, 9));
  CHECK(b.distance_from_starting_side == 0);
  CHECK(b.rightmost_rows == std::array{3, 4});
  CHECK(b.rightmost_column == 4);
  CHECK(b.bottommost_row == 6);
  CHECK(b.bottommost_columns == std::array{1, 1});
}

TEST_CASE("a mirrored breast has the mirrored box, and points that count one more from the chest wall") {
  for (int seed = 0; seed < 20; ++seed) {
    cv::Mat tissue = blobs(33, 41, 100 + seed), mirrored;
    cv::flip(tissue, mirrored, 1);
    const breast_box right = measure_breast(tissue, pointing::right, 3),
                     left = measure_breast(mirrored, pointing::left, 3);
    CHECK(left.kept == cv::Rect(33 - right.kept.br().x, right.kept.y, right.kept.width, right.kept.height));
    CHECK(left.distance_from_starting_side == right.distance_from_starting_side);
    CHECK(left.rightmost_rows == right.rightmost_rows);
    CHECK(left.rightmost_column == right.rightmost_column + 1);
    CHECK(left.bottommost_row == right.bottommost_row);
    CHECK(left.bottommost_columns == std::array{right.bottommost_columns[0] + 1, right.bottommost_columns[1] + 1});
  }
}

TEST_CASE("where it points is read off the edge that it touches, else off its weight") {
  CHECK(pointing_of(drawn({"##...", "#....", "....#"})) == pointing::right);
  CHECK(pointing_of(drawn({"...##", "....#"})) == pointing::left);
  CHECK(pointing_of(drawn({".....", ".#...", "....."})) == pointing::right);
  CHECK(pointing_of(drawn({".....", "...#.", "....."})) == pointing::left);
}

TEST_CASE("tissue is what is above the background that is given, to the value") {
  const cv::Mat image = (cv::Mat_<ushort>(1, 4) << 0, 1, 300, 301);
  CHECK(same(find_tissue(image, 0).mask, drawn({".###"})));
  CHECK(same(find_tissue(image, 300).mask, drawn({"...#"})));
  CHECK(code_of([&] { find_tissue(image, 301); }) == "E_NO_TISSUE");
}

TEST_CASE("noise beyond the background's level neither dots the background nor pits the breast") {
  cv::Mat image(200, 160, CV_16U), grain(image.size(), CV_64F);
  cv::RNG(3).fill(grain, cv::RNG::NORMAL, 400, 30);
  grain.colRange(0, 90) += 700;
  grain.convertTo(image, CV_16U);
  const breast_tissue t = find_tissue(image);
  CHECK(std::abs(t.fill - 400) < 10);
  CHECK(t.background > 400);
  CHECK(cv::countNonZero(t.mask.colRange(0, 88)) == 88 * 200);
  CHECK(cv::countNonZero(t.mask.colRange(92, 160)) == 0);
  CHECK(cv::boundingRect(find_breast(t.mask, 20)).width == doctest::Approx(90).epsilon(0.02));
}

TEST_CASE("three equal channels are grey; a coloured, empty or real-valued picture is refused") {
  cv::Mat grey = (cv::Mat_<uchar>(1, 3) << 0, 5, 9), three;
  cv::merge(std::vector<cv::Mat>{grey, grey, grey}, three);
  CHECK(same(find_tissue(three, 0).mask, find_tissue(grey, 0).mask));
  three.at<cv::Vec3b>(0, 1)[2] = 6;
  CHECK(code_of([&] { find_tissue(three, 0); }) == "E_SHAPE");
  CHECK(code_of([] { find_tissue({}, 0); }) == "E_SHAPE");
  CHECK(code_of([] { find_tissue(cv::Mat::ones(3, 3, CV_32F), 0); }) == "E_DEPTH");
}

TEST_CASE("no breast is said in words") {
  CHECK(code_of([] { find_breast(cv::Mat::zeros(9, 9, CV_8U), 0); }) == "E_NO_TISSUE");
  CHECK(code_of([] { find_breast(cv::Mat::ones(9, 9, CV_8U), 5); }) == "E_NO_TISSUE");
  CHECK(code_of([] { measure_breast(cv::Mat::zeros(9, 9, CV_8U), pointing::left, 5); }) == "E_NO_TISSUE");
  cv::Mat high = cv::Mat::zeros(90, 9, CV_8U);
  high.rowRange(0, 10).setTo(255);
  CHECK(code_of([&] { measure_breast(high, pointing::right, 60); }) == "E_NO_TISSUE");
}
