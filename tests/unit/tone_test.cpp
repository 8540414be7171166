// SPDX-License-Identifier: Apache-2.0
// Contrast and saturation by a factor.
#include "medvision/enhance/tone.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

/// Of the values that differ most.
double difference(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF); }

}  // namespace

TEST_CASE("contrast on paper: around the mean, kept in range") {
  const cv::Mat image = (cv::Mat_<uchar>(1, 4) << 0, 50, 150, 200);  // mean 100
  CHECK(difference(scale_contrast(image, 2), (cv::Mat_<uchar>(1, 4) << 0, 0, 200, 255)) == 0);
  CHECK(difference(scale_contrast(image, 0.5), (cv::Mat_<uchar>(1, 4) << 50, 75, 125, 150)) == 0);
  CHECK(difference(scale_contrast(image, 0), cv::Mat(1, 4, CV_8U, cv::Scalar(100))) == 0);
  const cv::Mat deep = (cv::Mat_<ushort>(1, 2) << 10000, 50000), real = (cv::Mat_<float>(1, 2) << -1, 2);
  CHECK(difference(scale_contrast(deep, 3), (cv::Mat_<ushort>(1, 2) << 0, 65535)) == 0);
  CHECK(difference(scale_contrast(real, 3), (cv::Mat_<float>(1, 2) << -4, 5)) == 0);
}

TEST_CASE("saturation on paper: around the grey of each pixel") {
  const cv::Mat image(1, 1, CV_8UC3, cv::Scalar(100, 0, 200));  // 11.4 + 59.8 = 71.2
  CHECK(scale_saturation(image, 0).at<cv::Vec3b>(0, 0) == cv::Vec3b(71, 71, 71));
  CHECK(scale_saturation(image, 0.5).at<cv::Vec3b>(0, 0) == cv::Vec3b(86, 36, 136));
  CHECK(scale_saturation(image, 2).at<cv::Vec3b>(0, 0) == cv::Vec3b(129, 0, 255));
  CHECK(scale_contrast(image, 0).at<cv::Vec3b>(0, 0) == cv::Vec3b(71, 71, 71));
}

TEST_CASE("a factor of 1 changes nothing, nor does saturation a picture of one channel") {
  cv::Mat color(20, 30, CV_16UC3), gray(20, 30, CV_8U);
  cv::randu(color, 0, 65536);
  cv::randu(gray, 0, 256);
  CHECK(difference(scale_contrast(color, 1), color) == 0);
  CHECK(difference(scale_saturation(color, 1), color) == 0);
  CHECK(difference(scale_saturation(gray, 0.3), gray) == 0);
}

TEST_CASE("saturation keeps the grey of pixels where nothing meets the range") {
  cv::Mat image(20, 30, CV_32FC3);
  cv::randu(image, 0, 1);
  const cv::Mat out = scale_saturation(image, 1.7);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) {
      const auto gray = [](const cv::Vec3f& v) { return 0.114 * v[0] + 0.587 * v[1] + 0.299 * v[2]; };
      REQUIRE(gray(out.at<cv::Vec3f>(y, x)) == doctest::Approx(gray(image.at<cv::Vec3f>(y, x))).epsilon(1e-5));
    }
}

TEST_CASE("wrong requests are refused in words") {
  CHECK(code_of([] { scale_contrast({}, 1.5); }) == "E_SHAPE");
  CHECK(code_of([] { scale_saturation(cv::Mat::zeros(2, 2, CV_8UC2), 1.5); }) == "E_SHAPE");
  CHECK(code_of([] { scale_contrast(cv::Mat::zeros(2, 2, CV_64F), 1.5); }) == "E_DEPTH");
  CHECK(code_of([] { scale_contrast(cv::Mat::zeros(2, 2, CV_8U), -0.1); }, blame::request) == "E_OPTION");
}
