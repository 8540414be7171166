// SPDX-License-Identifier: Apache-2.0
#include "medvision/enhance/standardize.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

using namespace medvision;

TEST_CASE("z-scores use the population's deviation") {
  const cv::Mat values = (cv::Mat_<double>(1, 4) << 2, 4, 4, 6);
  const cv::Mat z = standardize(values, {standardization::image}, 255);
  CHECK(z.at<double>(0) == doctest::Approx(-std::sqrt(2.0)).epsilon(1e-12));
  CHECK(z.at<double>(1) == 0);
  const cv::Mat fixed = standardize(values, {standardization::fixed, 1, 2}, 255);
  CHECK(fixed.at<double>(3) == 2.5);
}

TEST_CASE("minmax stretches from 0 to the full range and truncates whole numbers") {
  const cv::Mat bytes = (cv::Mat_<uchar>(1, 4) << 10, 11, 12, 13);
  const cv::Mat out = stretch(bytes.clone());
  CHECK(out.at<uchar>(0) == 0);
  CHECK(out.at<uchar>(1) == 85);
  CHECK(out.at<uchar>(2) == 170);
  CHECK(out.at<uchar>(3) == 255);
  const cv::Mat words = (cv::Mat_<ushort>(1, 3) << 100, 101, 4095);
  CHECK(stretch(words.clone()).at<ushort>(1) == ushort(1.0 / 3995 * 65535));
  CHECK(stretch(words.clone()).at<ushort>(2) == 65535);
}

TEST_CASE("a z-score before the stretch changes nothing: the statistics cancel") {
  cv::Mat image(60, 70, CV_8U);
  cv::RNG(3).fill(image, cv::RNG::NORMAL, 120, 20);
  const cv::Mat z = standardize(image, {standardization::fixed, 65.39, 42.85}, 255);
  const cv::Mat both = standardize(z, {standardization::minmax}, 255),
                one = standardize(image, {standardization::minmax}, 255);
  CHECK(cv::norm(both, one, cv::NORM_INF) < 1e-10);
}

TEST_CASE("stretch works in place, and twice is once") {
  cv::Mat image(20, 30, CV_16UC3);
  cv::RNG(5).fill(image, cv::RNG::UNIFORM, 500, 4000);
  const cv::Mat out = stretch(image);
  CHECK(out.data == image.data);
  const cv::Mat again = stretch(out.clone());
  CHECK(cv::norm(out, again, cv::NORM_INF) == 0);
}

TEST_CASE("a constant picture becomes zeros and never NaN") {
  const cv::Mat flat(5, 5, CV_8U, cv::Scalar(9));
  for (auto how : {standardization::minmax, standardization::image}) {
    const cv::Mat out = standardize(flat, {how}, 255);
    CHECK(cv::countNonZero(out) == 0);
    CHECK(cv::checkRange(out));
  }
  CHECK(cv::countNonZero(stretch(flat.clone())) == 0);
}

TEST_CASE("standardisation is read from its text") {
  CHECK(parse_standardization("none").how == standardization::none);
  CHECK(parse_standardization("minmax").how == standardization::minmax);
  CHECK(parse_standardization("image").how == standardization::image);
  const auto p = parse_standardization("65.5,42.25\n");
  CHECK(p.how == standardization::fixed);
  CHECK(p.mean == 65.5);
  CHECK(p.deviation == 42.25);
  for (const char* bad : {"", "1", "1,0", "1,-2", "a,b", "1,2,3", "1;2", "nan,1", "1,inf"})
    CHECK_THROWS_AS(parse_standardization(bad), const error&);
}
