// SPDX-License-Identifier: Apache-2.0
// A smooth field between nodes, and pictures bent by it.
#include "medvision/patch/elastic.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

/// Of the values that differ most.
double difference(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF); }

double quadratic(double x, double y) { return 1 + 2 * x - 3 * y + 0.5 * x * x + x * y - 2 * y * y + x * x * y; }

displacement_grid nodes_of(int side, double factor = 1) {
  displacement_grid g{cv::Mat(side, side, CV_64F), cv::Mat(side, side, CV_64F)};
  for (int i = 0; i < side; ++i)
    for (int j = 0; j < side; ++j) {
      g.x.at<double>(i, j) = factor * quadratic(j, i);
      g.y.at<double>(i, j) = -factor * quadratic(i, j);
    }
  return g;
}

/// Keys' kernel as the article prints it, a = -1/2.
double kernel(double s) {
  s = std::abs(s);
  if (s < 1) return 1.5 * s * s * s - 2.5 * s * s + 1;
  return s < 2 ? -0.5 * s * s * s + 2.5 * s * s - 4 * s + 2 : 0;
}

double slow_cubic(const std::vector<double>& c, double t) {
  const int n = int(c.size());
  const auto node = [&](int k) {
    if (k < 0) return 3 * c[0] - 3 * c[1] + c[2];
    if (k >= n) return 3 * c[std::size_t(n) - 1] - 3 * c[std::size_t(n) - 2] + c[std::size_t(n) - 3];
    return c[std::size_t(k)];
  };
  double sum = 0;
  for (int k = -1; k <= n; ++k) sum += kernel(t - k) * node(k);
  return sum;
}

}  // namespace

TEST_CASE("a quadratic of the nodes is met everywhere") {
  for (const int side : {3, 4, 7}) {
    const cv::Size picture(31, 23);
    const displacement_field f = make_field(nodes_of(side), picture, {0, 23});
    for (int y = 0; y < 23; ++y)
      for (int x = 0; x < 31; ++x) {
        const double u = (x + 0.5) / 31 * (side - 1), v = (y + 0.5) / 23 * (side - 1);
        REQUIRE(f.x.at<double>(y, x) == doctest::Approx(quadratic(u, v)).epsilon(1e-12));
        REQUIRE(f.y.at<double>(y, x) == doctest::Approx(-quadratic(v, u)).epsilon(1e-12));
      }
  }
}

TEST_CASE("two nodes an axis give the bilinear field") {
  displacement_grid g{(cv::Mat_<double>(2, 2) << 0, 4, 8, 12), (cv::Mat_<double>(2, 2) << 0, 0, 0, 8)};
  const displacement_field f = make_field(g, {2, 2}, {0, 2});
  CHECK(f.x.at<double>(0, 0) == doctest::Approx(0.25 * 4 + 0.25 * 8));
  CHECK(f.x.at<double>(1, 0) == doctest::Approx(0.25 * 4 + 0.75 * 8));
  CHECK(f.y.at<double>(0, 0) == doctest::Approx(0.25 * 0.25 * 8));
  CHECK(f.y.at<double>(1, 1) == doctest::Approx(0.75 * 0.75 * 8));
}

TEST_CASE("one node moved on paper: 9/16 of it half way to a neighbour, less than nothing beyond") {
  displacement_grid g{cv::Mat::zeros(5, 5, CV_64F), cv::Mat::zeros(5, 5, CV_64F)};
  g.x.row(2).setTo(16);                                  // along y alone
  const cv::Mat tall = make_field(g, {1, 4}, {0, 4}).x;  // centres half way between nodes
  CHECK(tall.at<double>(1, 0) == doctest::Approx(9));
  CHECK(tall.at<double>(2, 0) == doctest::Approx(9));
  CHECK(tall.at<double>(0, 0) == doctest::Approx(16 * (-0.0625 - 0.0625)));  // its own weight, and the node beyond: 1
}

TEST_CASE("the field is the article's sum over a kernel, rows by themselves or together") {
  const displacement_grid g = draw_displacements({.sigma = 10, .grid = 5}, 3, 4, 5);
  const cv::Size picture(37, 150);
  const displacement_field all = make_field(g, picture, {0, 150}), part = make_field(g, picture, {70, 90});
  CHECK(difference(all.x.rowRange(70, 90), part.x) == 0);
  for (int y = 0; y < 150; y += 7)
    for (int x = 0; x < 37; ++x) {
      std::vector<double> column;
      for (int i = 0; i < 5; ++i) column.push_back(slow_cubic(g.y.row(i), (x + 0.5) / 37 * 4));
      REQUIRE(all.y.at<double>(y, x) == doctest::Approx(slow_cubic(column, (y + 0.5) / 150 * 4)).epsilon(1e-9));
    }
}

TEST_CASE("displacements have the mean and deviation asked for, whatever else is drawn") {
  double sum = 0, squares = 0;
  int n = 0;
  for (std::uint64_t i = 0; i < 600; ++i) {
    const displacement_grid g = draw_displacements({.sigma = 10}, 1, 2, i);
    for (const cv::Mat& m : {g.x, g.y}) {
      sum += cv::sum(m)[0];
      squares += m.dot(m);
      n += int(m.total());
    }
  }
  CHECK(n == 10800);
  CHECK(std::abs(sum / n) < 0.4);  // four deviations of the mean
  CHECK(std::sqrt(squares / n) == doctest::Approx(10).epsilon(0.03));
  const auto once = draw_displacements({.sigma = 10}, 1, 2, 3), twice = draw_displacements({.sigma = 20}, 1, 2, 3);
  CHECK(difference(2 * once.x, twice.x) < 1e-12);
  CHECK(difference(once.x, once.y) > 1);
}

TEST_CASE("without displacements nothing changes, zero ones included") {
  cv::Mat image(90, 70, CV_8UC3);
  cv::randu(image, 0, 256);
  CHECK(draw_displacements({.sigma = 0}, 1, 2, 3).empty());
  CHECK(difference(bend(image, {}, border::zero), image) == 0);
  const displacement_grid still{cv::Mat::zeros(3, 3, CV_64F), cv::Mat::zeros(3, 3, CV_64F)};
  CHECK(difference(bend(image, still, border::zero), image) == 0);
  CHECK(difference(bend(image, still, border::reflect, true), image) == 0);
}

TEST_CASE("equal displacements shift the picture, and what comes in is the border") {
  const cv::Mat image = (cv::Mat_<uchar>(1, 5) << 10, 20, 30, 40, 50);
  const displacement_grid right{cv::Mat(3, 3, CV_64F, cv::Scalar(2)), cv::Mat::zeros(3, 3, CV_64F)};
  CHECK(difference(bend(image, right, border::zero), (cv::Mat_<uchar>(1, 5) << 30, 40, 50, 0, 0)) == 0);
  CHECK(difference(bend(image, right, border::edge), (cv::Mat_<uchar>(1, 5) << 30, 40, 50, 50, 50)) == 0);
  CHECK(difference(bend(image, right, border::reflect), (cv::Mat_<uchar>(1, 5) << 30, 40, 50, 40, 30)) == 0);
}

TEST_CASE("a bent ramp is the ramp at the points the field leads to") {
  cv::Mat ramp(130, 90, CV_32F);
  for (int y = 0; y < ramp.rows; ++y)
    for (int x = 0; x < ramp.cols; ++x) ramp.at<float>(y, x) = float(3 * x - 2 * y);
  const displacement_grid g = draw_displacements({.sigma = 4}, 8, 9, 10);
  const displacement_field f = make_field(g, ramp.size(), {0, ramp.rows});
  const cv::Mat out = bend(ramp, g, border::zero);
  int inside = 0;
  for (int y = 0; y < ramp.rows; ++y)
    for (int x = 0; x < ramp.cols; ++x) {
      const double u = x + f.x.at<double>(y, x), v = y + f.y.at<double>(y, x);
      if (u < 0 || v < 0 || u > ramp.cols - 1 || v > ramp.rows - 1) continue;
      ++inside;
      REQUIRE(std::abs(out.at<float>(y, x) - (3 * u - 2 * v)) <= (3 + 2) / 64. + 1e-3);  // half of 1/32 pixel
    }
  CHECK(inside > 8000);
}

TEST_CASE("wrong requests are refused in words") {
  CHECK(code_of([] { check_elastic({.sigma = -1}); }, blame::request) == "E_OPTION");
  CHECK(code_of([] { check_elastic({.sigma = 1, .grid = 1}); }, blame::request) == "E_OPTION");
  CHECK(code_of([] { make_field(nodes_of(3), {5, 5}, {3, 6}); }) == "E_SHAPE");
  CHECK(code_of([] { make_field({}, {5, 5}, {0, 5}); }) == "E_SHAPE");
  CHECK(code_of([] { bend({}, {}, border::zero); }) == "E_SHAPE");
  CHECK(code_of([] { bend(cv::Mat(1, 32768, CV_8U, cv::Scalar(0)), nodes_of(3), border::zero); }) == "E_TOO_LARGE");
  CHECK(code_of([] { bend(cv::Mat(4, 4, CV_8U), nodes_of(3), border::shift); }, blame::request) == "E_OPTION");
}
