// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/skeleton.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
/// Zhang and Suen's paper read aloud: whole-picture passes until nothing changes.
cv::Mat slow_skeleton(const cv::Mat& mask) {
  cv::Mat m = mask.clone();
  const auto on = [&m](int y, int x) { return y >= 0 && x >= 0 && y < m.rows && x < m.cols && m.at<uchar>(y, x) != 0; };
  for (bool changed = true; changed;) {
    changed = false;
    for (int pass = 0; pass < 2; ++pass) {
      std::vector<cv::Point> gone;
      for (int y = 0; y < m.rows; ++y)
        for (int x = 0; x < m.cols; ++x) {
          if (!on(y, x)) continue;
          const bool p2 = on(y - 1, x), p3 = on(y - 1, x + 1), p4 = on(y, x + 1), p5 = on(y + 1, x + 1),
                     p6 = on(y + 1, x), p7 = on(y + 1, x - 1), p8 = on(y, x - 1), p9 = on(y - 1, x - 1);
          const int b = p2 + p3 + p4 + p5 + p6 + p7 + p8 + p9;
          const int a = (!p2 && p3) + (!p3 && p4) + (!p4 && p5) + (!p5 && p6) + (!p6 && p7) + (!p7 && p8) +
                        (!p8 && p9) + (!p9 && p2);
          if (b < 2 || b > 6 || a != 1) continue;
          if (pass == 0 ? (p2 && p4 && p6) || (p4 && p6 && p8) : (p2 && p4 && p8) || (p2 && p6 && p8)) continue;
          gone.emplace_back(x, y);
        }
      for (const auto& p : gone) m.at<uchar>(p) = 0;
      changed |= !gone.empty();
    }
  }
  return m;
}

cv::Mat blobs(cv::Size size, std::uint64_t seed, double sigma, double level) {
  cv::Mat noise(size, CV_32F);
  cv::RNG(seed).fill(noise, cv::RNG::NORMAL, 0, 1);
  cv::GaussianBlur(noise, noise, {}, sigma);
  return noise > level / sigma;
}
}  // namespace

TEST_CASE("a thick bar becomes one line along its middle") {
  cv::Mat mask = cv::Mat::zeros(20, 60, CV_8U);
  mask({5, 8, 50, 5}).setTo(255);
  const cv::Mat s = skeletonize(mask);
  CHECK(cv::countNonZero(s.row(10)) == cv::countNonZero(s));
  CHECK(skeleton_length(s) == cv::countNonZero(s) - 1);
  CHECK(skeleton_length(s) >= 44);
}

TEST_CASE("lengths that can be counted on paper") {
  cv::Mat s = cv::Mat::zeros(8, 8, CV_8U);
  CHECK(skeleton_length(s) == 0);
  s.at<uchar>(2, 2) = 255;
  CHECK(skeleton_length(s) == 0);
  s.at<uchar>(2, 3) = 255;
  CHECK(skeleton_length(s) == 1);
  s.at<uchar>(3, 4) = 255;
  CHECK(skeleton_length(s) == doctest::Approx(1 + std::sqrt(2.0)));
  cv::Mat stair = cv::Mat::zeros(6, 6, CV_8U);  // three steps down a stair are three diagonals
  for (int i = 0; i < 4; ++i) stair.at<uchar>(i + 1, i + 1) = 1;
  const double diagonal = 3 * std::sqrt(2.0);
  CHECK(skeleton_length(stair) == doctest::Approx(diagonal));
  for (int i = 0; i < 3; ++i) stair.at<uchar>(i + 1, i + 2) = 1;
  CHECK(skeleton_length(stair) == doctest::Approx(diagonal));
  cv::Mat cross = cv::Mat::zeros(5, 5, CV_8U);  // at a crossing the diagonals are no short cuts
  cross.row(2).setTo(1);
  cross.col(2).setTo(1);
  CHECK(skeleton_length(cross) == 8);
}

TEST_CASE("the watched-pixels thinning equals the paper's passes on noise, blobs and borders") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const cv::Size size(40 + int(seed) * 7, 90 - int(seed) * 5);
    for (double sigma : {0.6, 1.5, 4.0}) {
      const cv::Mat mask = blobs(size, seed, sigma, 0.0);
      CHECK(cv::norm(skeletonize(mask), slow_skeleton(mask), cv::NORM_INF) == 0);
    }
  }
  const cv::Mat full(33, 47, CV_8U, cv::Scalar(255)), thin(1, 30, CV_8U, cv::Scalar(255));
  CHECK(cv::norm(skeletonize(full), slow_skeleton(full), cv::NORM_INF) == 0);
  CHECK(cv::norm(skeletonize(thin), slow_skeleton(thin), cv::NORM_INF) == 0);
}

TEST_CASE("a skeleton lies in its mask, and is its own skeleton") {
  const cv::Mat mask = blobs({300, 200}, 77, 3, 0.02), s = skeletonize(mask);
  CHECK(cv::countNonZero(s & ~mask) == 0);
  CHECK(cv::countNonZero(s) > 100);
  CHECK(cv::norm(skeletonize(s), s, cv::NORM_INF) == 0);
}

TEST_CASE("a drawn circle has about its circumference") {
  cv::Mat ring = cv::Mat::zeros(300, 300, CV_8U);
  cv::circle(ring, {150, 150}, 100, cv::Scalar(255), 7);
  // Chains of whole pixels overstate a smooth curve by 0 to 8 %.
  const double ratio = skeleton_length(skeletonize(ring)) / (2 * CV_PI * 100);
  CHECK(ratio > 0.99);
  CHECK(ratio < 1.09);
}

TEST_CASE("only masks are thinned") {
  CHECK_THROWS_AS(skeletonize(cv::Mat(3, 3, CV_32F)), const error&);
  CHECK_THROWS_AS(skeleton_length(cv::Mat(3, 3, CV_8UC3)), const error&);
  CHECK(cv::countNonZero(skeletonize(cv::Mat::zeros(5, 5, CV_8U))) == 0);
}
