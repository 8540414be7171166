// SPDX-License-Identifier: Apache-2.0
#include "medvision/enhance/gamma.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

using namespace medvision;

TEST_CASE("gamma 1.2 lifts the first grey levels as on paper") {
  const cv::Mat t = gamma_table(1.2, CV_8U);
  CHECK(t.at<uchar>(0) == 0);
  CHECK(t.at<uchar>(1) == 2);  // 255 * (1/255)^(5/6) = 2.518
  CHECK(t.at<uchar>(2) == 4);  // 4.487
  CHECK(t.at<uchar>(255) == 255);
}

TEST_CASE("gamma 1 is the identity up to truncation, and larger gammas are brighter everywhere") {
  for (int depth : {CV_8U, CV_16U}) {
    cv::Mat low, high;
    gamma_table(1.1, depth).convertTo(low, CV_64F);
    gamma_table(2.2, depth).convertTo(high, CV_64F);
    CHECK(cv::countNonZero(high < low) == 0);
    const int top = depth == CV_8U ? 255 : 65535;
    CHECK(high.at<double>(top) == top);
    cv::Mat falls = low.colRange(1, top + 1) < low.colRange(0, top);
    CHECK(cv::countNonZero(falls) == 0);
  }
}

TEST_CASE("every sample goes through the table, in place, in 8 and 16 bit, grey and colour") {
  for (int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_16UC3}) {
    cv::Mat image(13, 11, type);
    cv::RNG(7).fill(image, cv::RNG::UNIFORM, 0, image.depth() == CV_8U ? 256 : 65536);
    const cv::Mat before = image.clone(), out = correct_gamma(image, 0.7), t = gamma_table(0.7, image.depth());
    CHECK(out.data == image.data);
    int wrong = 0;
    for (std::size_t i = 0; i < before.total() * before.channels(); ++i)
      wrong += before.depth() == CV_8U ? out.data[i] != t.at<uchar>(before.data[i])
                                       : out.ptr<ushort>()[i] != t.at<ushort>(before.ptr<ushort>()[i]);
    CHECK(wrong == 0);
  }
}

TEST_CASE("a gamma out of range and a float picture are refused") {
  CHECK_THROWS_AS(gamma_table(0, CV_8U), const error&);
  CHECK_THROWS_AS(gamma_table(std::nan(""), CV_8U), const error&);
  CHECK_THROWS_AS(correct_gamma(cv::Mat(2, 2, CV_32F), 1.2), const error&);
}
