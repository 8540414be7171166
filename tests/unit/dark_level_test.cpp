// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/dark_level.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

/// A dome of tissue from the left edge, rising from its rim to `bright`, on nothing. 64F.
cv::Mat dome(double bright, int width = 300, int height = 400) {
  cv::Mat m = cv::Mat::zeros(height, width, CV_64F);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double dx = x / (0.7 * width), dy = (y - height / 2.0) / (0.45 * height), rest = 1 - dx * dx - dy * dy;
      if (rest > 0) m.at<double>(y, x) = bright * (0.25 + 0.75 * std::sqrt(rest));
    }
  return m;
}
/// The dome on a pedestal that rises by `drift` from left to right, with normal noise.
cv::Mat scan(int depth, double bright, double pedestal, double noise, double drift = 0) {
  cv::Mat m = dome(bright) + pedestal, grain(m.size(), CV_64F), out;
  cv::RNG random(7);
  random.fill(grain, cv::RNG::NORMAL, 0, noise);
  for (int x = 0; x < m.cols; ++x) m.col(x) += drift * x / m.cols;
  cv::Mat(m + grain).convertTo(out, depth);
  return out;
}
/// Share of the pixels beside the dome that are above `top`, and of the dome's that are not.
std::pair<double, double> mistaken(const cv::Mat& picture, double top) {
  const cv::Mat inside = dome(1) > 0, above = picture > top;
  return {double(cv::countNonZero(above & ~inside)) / cv::countNonZero(~inside),
          double(cv::countNonZero(~above & inside)) / cv::countNonZero(inside)};
}

}  // namespace

TEST_CASE("a background that is one value ends at that value, whatever it is") {
  for (int depth : {CV_8U, CV_16U})
    for (double pedestal : {0.0, 37.0}) {
      cv::Mat picture;
      cv::Mat(dome(150) + pedestal).convertTo(picture, depth);
      const dark_level d = find_dark_level(picture);
      CHECK(d.level == pedestal);
      CHECK(d.top == pedestal);
    }
}

TEST_CASE("a pedestal with noise is told from the breast, in 8, 12 and 16 bits, and with half of the noise cut at 0") {
  struct {
    int depth;
    double bright, pedestal, noise;
  } const kinds[] = {{CV_8U, 150, 37, 3},     {CV_8U, 200, 37, 6},   {CV_8U, 150, 0, 2},        {CV_16U, 3000, 37, 5},
                     {CV_16U, 3000, 400, 40}, {CV_16U, 3000, 0, 20}, {CV_16U, 40000, 5000, 600}};
  for (const auto& k : kinds) {
    CAPTURE(k.bright);
    CAPTURE(k.pedestal);
    CAPTURE(k.noise);
    const cv::Mat picture = scan(k.depth, k.bright, k.pedestal, k.noise);
    const dark_level d = find_dark_level(picture);
    CAPTURE(d.top);
    CHECK(std::abs(d.level - k.pedestal) <= std::max(1.5, k.noise));
    const auto [background, breast] = mistaken(picture, d.top);
    CHECK(background < 0.03);
    CHECK(breast < 0.03);
  }
}

TEST_CASE("a drift along the picture widens the peak") {
  for (int depth : {CV_8U, CV_16U}) {
    const double unit = depth == CV_8U ? 1 : 16;
    const cv::Mat picture = scan(depth, 180 * unit, 37 * unit, 2 * unit, 20 * unit);
    const auto [background, breast] = mistaken(picture, find_dark_level(picture).top);
    CHECK(background < 0.03);
    CHECK(breast < 0.03);
  }
}

TEST_CASE("twelve bits stretched to sixteen have the level of the twelve") {
  const cv::Mat picture = scan(CV_16U, 3000, 100, 8);
  cv::Mat exact, rounded;
  picture.convertTo(exact, CV_16U, 16);
  picture.convertTo(rounded, CV_16U, 65535.0 / 4095);
  const dark_level d = find_dark_level(picture);
  CHECK(find_dark_level(exact).top == 16 * d.top);
  CHECK(std::abs(find_dark_level(rounded).top - d.top * 65535 / 4095) <= 1);
}

TEST_CASE("labels, and a strip that the film did not cover, do not move the level") {
  cv::Mat picture = scan(CV_16U, 3000, 400, 20);
  const double top = find_dark_level(picture).top;
  picture({250, 10, 40, 30}).setTo(65535);
  CHECK(std::abs(find_dark_level(picture).top - top) <= 4);
  picture.rowRange(385, 400).setTo(0);
  const dark_level d = find_dark_level(picture);
  CHECK(std::abs(d.level - 400) <= 20);
  CHECK(std::abs(d.top - top) <= 20);
}

TEST_CASE("a drawing of two values has the darker one for background, if a quarter of the picture is that") {
  for (int columns : {5, 100, 220}) {
    cv::Mat picture(200, 300, CV_8U, cv::Scalar(9));
    picture.colRange(0, columns).setTo(140);
    CHECK(find_dark_level(picture).top == 9);
  }
}

TEST_CASE("where no dark background is to be seen it says so") {
  CHECK(code_of([] { find_dark_level(cv::Mat::zeros(40, 30, CV_8U)); }) == "E_NO_TISSUE");
  CHECK(code_of([] { find_dark_level(cv::Mat(40, 30, CV_16U, cv::Scalar(700))); }) == "E_NO_TISSUE");
  const cv::Mat inverted = 65535 - scan(CV_16U, 30000, 4000, 100);
  CHECK(code_of([&] { find_dark_level(inverted); }) == "E_NO_TISSUE");
  cv::Mat full(300, 300, CV_16U);  // tissue from edge to edge
  for (int y = 0; y < 300; ++y)
    for (int x = 0; x < 300; ++x) full.at<ushort>(y, x) = ushort(1000 + 7 * x + 3 * y);
  CHECK(code_of([&] { find_dark_level(full); }) == "E_NO_TISSUE");
}
