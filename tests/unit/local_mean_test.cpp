// SPDX-License-Identifier: Apache-2.0
#include "medvision/enhance/local_mean.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
/// Something like a photograph: a bright disk with a gradient and fine noise.
cv::Mat scene(cv::Size size, int type) {
  cv::Mat m(size, CV_32FC3);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      m.at<cv::Vec3f>(y, x) = {20.f + 60.f * x / size.width, 60.f + 40.f * std::sin(0.05f * y), 150.f - 0.2f * y};
  cv::Mat noise(size, CV_32FC3);
  cv::RNG(11).fill(noise, cv::RNG::NORMAL, 0, 6);
  m += noise;
  cv::circle(m, {size.width / 3, size.height / 2}, size.height / 8, {120, 200, 240}, -1);
  m.convertTo(m, CV_MAKETYPE(CV_MAT_DEPTH(type), 3), CV_MAT_DEPTH(type) == CV_8U ? 1 : 257);
  if (CV_MAT_CN(type) == 1) cv::extractChannel(m, m, 1);
  return m;
}

/// The definition: a full-size Gaussian in doubles.
cv::Mat slow(const cv::Mat& image, double sigma, double gain) {
  cv::Mat real, mean;
  image.convertTo(real, CV_64F);
  const int reach = 2 * int(std::ceil(5 * sigma)) + 1;
  cv::GaussianBlur(real, mean, {reach, reach}, sigma, sigma, cv::BORDER_REFLECT);
  cv::Mat out = gain * (real - mean) + cv::Scalar::all(image.depth() == CV_8U ? 128 : 32768);
  out.convertTo(out, image.depth());
  return out;
}
}  // namespace

TEST_CASE("a single bright pixel keeps its height over the mean, times the gain") {
  cv::Mat image(101, 101, CV_8U, cv::Scalar(50));
  image.at<uchar>(50, 50) = 60;
  const cv::Mat out = subtract_local_mean(image, {5, 4});
  const double peak = 1 / (2 * CV_PI * 25);
  CHECK(std::abs(out.at<uchar>(50, 50) - (128 + 4 * (10 - 10 * peak))) <= 1);
  CHECK(out.at<uchar>(5, 5) == 128);
}

TEST_CASE("the fast mean follows the definition: exactly for small sigmas, within a gain of 4 x 0.5 for large ones") {
  for (int type : {CV_8UC1, CV_8UC3, CV_16UC1})
    for (double sigma : {2.0, 7.5, 12.0, 30.0, 61.5}) {
      const cv::Mat image = scene({500, 430}, type);
      cv::Mat a, b;
      const double unit = image.depth() == CV_8U ? 1 : 257;
      subtract_local_mean(image, {sigma, 4}).convertTo(a, CV_64F, 1 / unit);
      slow(image, sigma, 4).convertTo(b, CV_64F, 1 / unit);
      CAPTURE(type);
      CAPTURE(sigma);
      CHECK(cv::norm(a, b, cv::NORM_INF) <= (sigma >= 16 ? 2.0 : 1.0));
    }
}

TEST_CASE("inside a mask the outside has no say") {
  cv::Mat image(200, 200, CV_8UC3, cv::Scalar(30, 90, 160)), inside = cv::Mat::zeros(200, 200, CV_8U);
  cv::circle(inside, {100, 100}, 80, cv::Scalar(255), -1);
  image.setTo(0, inside == 0);
  for (double sigma : {4.0, 25.0}) {
    const cv::Mat out = subtract_local_mean(image, {sigma, 4}, inside);
    double low = 0, high = 0;
    cv::minMaxIdx(out.reshape(1), &low, &high);
    CAPTURE(sigma);
    CHECK(low >= 128 - 8);  // flat inside: the rim has no dark halo
    CHECK(high <= 128 + 8);
    CHECK(out.at<cv::Vec3b>(0, 0) == cv::Vec3b(128, 128, 128));
  }
}

TEST_CASE("a constant picture becomes the middle value") {
  CHECK(cv::countNonZero(subtract_local_mean(cv::Mat(64, 48, CV_8U, cv::Scalar(200)), {20, 4}) != 128) == 0);
  CHECK(cv::countNonZero(subtract_local_mean(cv::Mat(64, 48, CV_16U, cv::Scalar(900)), {20, 4}) != 32768) == 0);
  CHECK(subtract_local_mean(cv::Mat(1, 1, CV_8U, cv::Scalar(7)), {300, 4}).at<uchar>(0) == 128);
}

TEST_CASE("what a local mean cannot take is refused") {
  const cv::Mat image(5, 5, CV_8U, cv::Scalar(1));
  CHECK_THROWS_AS(subtract_local_mean(image, {0, 4}), const error&);
  CHECK_THROWS_AS(subtract_local_mean(image, {3, -1}), const error&);
  CHECK_THROWS_AS(subtract_local_mean(image, {3, 4}, cv::Mat(4, 5, CV_8U)), const error&);
  CHECK_THROWS_AS(subtract_local_mean(cv::Mat(5, 5, CV_32F), {3, 4}), const error&);
}
