// SPDX-License-Identifier: Apache-2.0
#include "medvision/enhance/gray.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "medvision/enhance/standardize.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {
cv::Mat noise(cv::Size size, int type, std::uint64_t seed) {
  cv::Mat m(size, type);
  cv::RNG(seed).fill(m, cv::RNG::UNIFORM, 0, CV_MAT_DEPTH(type) == CV_8U ? 256 : 65536);
  return m;
}
bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}
}  // namespace

TEST_CASE("grey is the weighted sum of red, green and blue, unrounded") {
  const cv::Mat one(1, 1, CV_8UC3, cv::Scalar(10, 20, 30));
  CHECK(gray(one, {}).at<double>(0) == 0.299 * 30 + 0.587 * 20 + 0.114 * 10);
  CHECK(gray(one, {1, 0, 0}).at<double>(0) == 30);
  CHECK(rounded_gray(one, {0, 0, 0.25}).at<uchar>(0) == 2);  // 2.5 to even
  CHECK(rounded_gray(one, {10, 0, 0}).at<uchar>(0) == 255);
  CHECK(green_channel(one).at<uchar>(0) == 20);
}

TEST_CASE("grey of a grey picture is the picture, whatever the weights") {
  for (int type : {CV_8UC1, CV_16UC1}) {
    const cv::Mat image = noise({31, 17}, type, 1);
    CHECK(same(rounded_gray(image, {0.1, 0.1, 0.1}), image));
    CHECK(same(green_channel(image), image));
  }
}

TEST_CASE("the two-pass stretched grey equals grey, then stretch, bit for bit") {
  for (int type : {CV_8UC3, CV_16UC3})
    for (cv::Size size : {cv::Size(1, 1), cv::Size(7, 3), cv::Size(64, 65), cv::Size(333, 111)}) {
      const cv::Mat image = noise(size, type, std::uint64_t(size.width));
      const double top = type == CV_8UC3 ? 255 : 65535;
      cv::Mat slow(size, CV_MAKETYPE(image.depth(), 1));
      const cv::Mat real = standardize(gray(image, {}), {standardization::minmax}, top);
      for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x)
          if (image.depth() == CV_8U)
            slow.at<uchar>(y, x) = uchar(real.at<double>(y, x));
          else
            slow.at<ushort>(y, x) = ushort(real.at<double>(y, x));
      CHECK(same(stretched_gray(image, {}), slow));
    }
}

TEST_CASE("grey works on a view into a larger picture") {
  const cv::Mat large = noise({50, 40}, CV_8UC3, 4), part = large({7, 5, 21, 13});
  CHECK(same(stretched_gray(part, {}), stretched_gray(part.clone(), {})));
}

TEST_CASE("a constant colour picture stretches to zeros") {
  CHECK(cv::countNonZero(stretched_gray(cv::Mat(9, 9, CV_8UC3, cv::Scalar::all(77)), {})) == 0);
}

TEST_CASE("what grey cannot be made of is refused") {
  CHECK_THROWS_AS(gray(cv::Mat(), {}), const error&);
  CHECK_THROWS_AS(gray(cv::Mat(2, 2, CV_8UC4), {}), const error&);
  CHECK_THROWS_AS(rounded_gray(cv::Mat(2, 2, CV_32FC3), {}), const error&);
}
