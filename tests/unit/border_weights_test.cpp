// SPDX-License-Identifier: Apache-2.0
// The weights of gaps between objects, against the formula pixel by pixel.
#include "medvision/patch/border_weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

/// Of the values that differ most.
double difference(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF); }

/// Numbers of pieces by letting the smallest number spread until nothing changes.
cv::Mat slow_pieces(const cv::Mat& labels) {
  cv::Mat n(labels.size(), CV_32S, cv::Scalar(0));
  for (int i = 0; i < int(labels.total()); ++i)
    if (labels.at<uchar>(i / labels.cols, i % labels.cols) != 0) n.at<int>(i / n.cols, i % n.cols) = i + 1;
  for (bool changed = true; changed;) {
    changed = false;
    for (int y = 0; y < n.rows; ++y)
      for (int x = 0; x < n.cols; ++x)
        for (int v = std::max(0, y - 1); v <= std::min(n.rows - 1, y + 1); ++v)
          for (int u = std::max(0, x - 1); u <= std::min(n.cols - 1, x + 1); ++u)
            if (labels.at<uchar>(y, x) != 0 && labels.at<uchar>(v, u) == labels.at<uchar>(y, x) &&
                n.at<int>(v, u) < n.at<int>(y, x)) {
              n.at<int>(y, x) = n.at<int>(v, u);
              changed = true;
            }
  }
  return n;
}

cv::Mat slow_weights(const cv::Mat& labels, const border_weight_parameters& p) {
  const cv::Mat n = slow_pieces(labels);
  std::vector<std::pair<int, cv::Point>> border;
  for (int y = 0; y < n.rows; ++y)
    for (int x = 0; x < n.cols; ++x)
      for (const auto& [dx, dy] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}})
        if (n.at<int>(y, x) != 0 && y + dy >= 0 && x + dx >= 0 && y + dy < n.rows && x + dx < n.cols &&
            n.at<int>(y + dy, x + dx) != n.at<int>(y, x))
          border.emplace_back(n.at<int>(y, x), cv::Point(x, y));
  const double inside = cv::countNonZero(labels), all = double(labels.total());
  cv::Mat w(labels.size(), CV_64F);
  for (int y = 0; y < n.rows; ++y)
    for (int x = 0; x < n.cols; ++x) {
      std::vector<double> nearest(labels.total() + 1, 1e300);
      for (const auto& [k, q] : border)
        nearest[std::size_t(k)] = std::min(nearest[std::size_t(k)], std::hypot(x - q.x, y - q.y));
      std::sort(nearest.begin(), nearest.end());
      const double d = nearest[0] + nearest[1], classes = inside > 0 && inside < all ? 2 : 1;
      w.at<double>(y, x) = all / (classes * (n.at<int>(y, x) != 0 ? inside : all - inside)) +
                           p.w0 * std::exp(-d * d / (2 * p.sigma * p.sigma));
    }
  return w;
}

}  // namespace

TEST_CASE("a gap of one pixel between two objects on paper") {
  // Five pixels in a row: object, object, gap, object, nothing. 3 of 5 are objects: 5/6 and 5/4.
  const cv::Mat labels = (cv::Mat_<uchar>(1, 5) << 1, 1, 0, 1, 0);
  const cv::Mat w = border_weights(labels);
  CHECK(w.type() == CV_32F);
  const auto term = [](double d1, double d2) { return 10 * std::exp(-(d1 + d2) * (d1 + d2) / 50); };
  const double expected[] = {5. / 6 + term(1, 3), 5. / 6 + term(0, 2), 5. / 4 + term(1, 1), 5. / 6 + term(0, 2),
                             5. / 4 + term(1, 3)};
  for (int x = 0; x < 5; ++x) CHECK(w.at<float>(0, x) == doctest::Approx(expected[x]).epsilon(1e-6));
}

TEST_CASE("random objects, against every pixel with every border pixel") {
  cv::RNG random(11);
  for (int round = 0; round < 8; ++round) {
    cv::Mat labels = cv::Mat::zeros(18 + round, 25, CV_8U);
    for (int i = 0; i < 3 + round; ++i)
      cv::circle(labels, {random.uniform(0, 25), random.uniform(0, 18)}, random.uniform(0, 4), 1 + round % 2 * i,
                 cv::FILLED);
    const border_weight_parameters p{.w0 = 10, .sigma = 1.0 + round};
    cv::Mat w;
    border_weights(labels, p).convertTo(w, CV_64F);
    CHECK(difference(w, slow_weights(labels, p)) < 1e-5);
  }
}

TEST_CASE("far from a gap only the balance of the classes is left") {
  cv::Mat labels = cv::Mat::zeros(200, 200, CV_8U);
  labels(cv::Rect(0, 0, 50, 200)).setTo(255);
  labels(cv::Rect(55, 0, 50, 200)).setTo(255);
  const cv::Mat w = border_weights(labels);
  CHECK(w.at<float>(100, 199) == float(1 / (2 * 0.5)));
  CHECK(w.at<float>(100, 52) == doctest::Approx(1 + 10 * std::exp(-36 / 50.0)).epsilon(1e-6));
}

TEST_CASE("objects that touch are two where their values differ, one where not") {
  const cv::Mat two = (cv::Mat_<uchar>(1, 4) << 1, 1, 2, 2), one = (cv::Mat_<uchar>(1, 4) << 1, 1, 1, 1);
  CHECK(border_weights(two).at<float>(0, 1) == doctest::Approx(1 + 10 * std::exp(-1 / 50.0)));
  CHECK(border_weights(one).at<float>(0, 1) == 1);
  const cv::Mat corner = (cv::Mat_<uchar>(2, 2) << 1, 0, 0, 1);
  CHECK(border_weights(corner).at<float>(0, 1) == 1);  // they touch by a corner
}

TEST_CASE("one class alone weighs 1") {
  CHECK(difference(border_weights(cv::Mat::zeros(9, 9, CV_8U)), cv::Mat(9, 9, CV_32F, cv::Scalar(1))) == 0);
  CHECK(cv::norm(border_weights(cv::Mat(9, 9, CV_16U, cv::Scalar(700))), cv::Mat(9, 9, CV_32F, cv::Scalar(1)),
                 cv::NORM_INF) == 0);
}

TEST_CASE("the mean of the balance is 1, and turning the mask turns the weights") {
  cv::Mat labels = cv::Mat::zeros(40, 30, CV_8U), turned, back;
  cv::circle(labels, {9, 12}, 6, 255, cv::FILLED);
  cv::circle(labels, {22, 14}, 5, 255, cv::FILLED);
  CHECK(cv::mean(border_weights(labels, {.w0 = 0}))[0] == doctest::Approx(1));
  cv::rotate(labels, turned, cv::ROTATE_90_CLOCKWISE);
  cv::rotate(border_weights(turned), back, cv::ROTATE_90_COUNTERCLOCKWISE);
  CHECK(difference(back, border_weights(labels)) < 1e-5);
}

TEST_CASE("wrong requests are refused in words") {
  CHECK(code_of([] { border_weights({}); }) == "E_SHAPE");
  CHECK(code_of([] { border_weights(cv::Mat::zeros(3, 3, CV_8UC3)); }) == "E_SHAPE");
  CHECK(code_of([] { border_weights(cv::Mat::zeros(3, 3, CV_32F)); }) == "E_DEPTH");
  CHECK(code_of([] { border_weights(cv::Mat::zeros(3, 3, CV_8U), {.sigma = 0}); }, blame::request) == "E_OPTION");
  CHECK(code_of([] { border_weights(cv::Mat::zeros(3, 3, CV_8U), {.w0 = -1}); }, blame::request) == "E_OPTION");
}
