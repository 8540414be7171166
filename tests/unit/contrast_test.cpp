// SPDX-License-Identifier: Apache-2.0
#include "medvision/enhance/contrast.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/enhance/gamma.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {
cv::Mat scene(int type) {
  cv::Mat m(90, 130, type);
  cv::RNG(2).fill(m, cv::RNG::UNIFORM, 0, m.depth() == CV_8U ? 256 : 65536);
  cv::GaussianBlur(m, m, {}, 2);
  return m;
}
bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}
contrast_parameters nothing() {
  contrast_parameters p;
  p.clahe.clip_limit = 0;
  return p;
}
}  // namespace

TEST_CASE("the whole chain is its steps, one after the other") {
  for (int type : {CV_8UC3, CV_16UC3}) {
    contrast_parameters all;
    all.gray = gray_choice::weighted;
    all.standardize.how = standardization::minmax;
    all.gamma = 1.2;
    all.local_mean.sigma = 6;
    const cv::Mat image = scene(type);
    cv::Mat want = clahe(stretched_gray(image, {}), {2.0, 8, 8});
    want = subtract_local_mean(correct_gamma(want, 1.2), {6, 4});
    CHECK(same(enhance_contrast(image.clone(), all), want));
  }
}

TEST_CASE("each step alone does only itself") {
  const cv::Mat image = scene(CV_16UC3);
  contrast_parameters p = nothing();
  CHECK(same(enhance_contrast(image.clone(), p), image));
  p.gray = gray_choice::green;
  CHECK(same(enhance_contrast(image.clone(), p), green_channel(image)));
  p.gray = gray_choice::weighted;
  CHECK(same(enhance_contrast(image.clone(), p), rounded_gray(image, {})));
  p = nothing();
  p.gamma = 2;
  CHECK(same(enhance_contrast(image.clone(), p), correct_gamma(image.clone(), 2)));
  p = nothing();
  p.standardize.how = standardization::minmax;
  CHECK(same(enhance_contrast(image.clone(), p), stretch(image.clone())));
  CHECK(same(enhance_contrast(image.clone(), {}), clahe(image.clone())));
}

TEST_CASE("green and CLAHE is what the vessel network is given") {
  const cv::Mat image = scene(CV_8UC3);
  cv::Mat green, want;
  cv::extractChannel(image, green, 1);
  cv::createCLAHE(2.0, {8, 8})->apply(green, want);
  contrast_parameters p;
  p.gray = gray_choice::green;
  CHECK(same(enhance_contrast(image.clone(), p), want));
}

TEST_CASE("whole numbers are stretched whatever the statistics; real values keep them") {
  const cv::Mat image = scene(CV_8UC3);
  contrast_parameters p = nothing();
  p.gray = gray_choice::weighted;
  p.standardize = parse_standardization("65,40");
  CHECK(same(enhance_contrast(image.clone(), p), stretched_gray(image, {})));
  p.real_values = true;
  const cv::Mat z = enhance_contrast(image.clone(), p);
  CHECK(z.type() == CV_32F);
  CHECK(z.at<float>(3, 4) == float((gray(image, {}).at<double>(3, 4) - 65) / 40));
  p.clahe.clip_limit = 2;
  CHECK(enhance_contrast(image.clone(), p).type() == CV_8U);
}

TEST_CASE("a grey 16-bit picture is worked on in place") {
  contrast_parameters p;
  p.gray = gray_choice::weighted;
  p.standardize.how = standardization::minmax;
  p.gamma = 1.2;
  cv::Mat image = scene(CV_16UC1);
  const uchar* pixels = image.data;
  CHECK(enhance_contrast(std::move(image), p).data == pixels);
}

TEST_CASE("a constant picture has a defined result") {
  contrast_parameters p;
  p.gray = gray_choice::weighted;
  p.standardize.how = standardization::minmax;
  p.gamma = 1.2;
  const cv::Mat out = enhance_contrast(cv::Mat(40, 40, CV_8UC3, cv::Scalar(3, 3, 3)), p);
  CHECK(cv::countNonZero(out != out.at<uchar>(0)) == 0);
}

TEST_CASE("a picture is constant when every pixel is the first one") {
  cv::Mat image(7, 9, CV_16UC3, cv::Scalar(1, 2, 3));
  CHECK(is_constant(image));
  CHECK(is_constant(cv::Mat(1, 1, CV_8U, cv::Scalar(5))));
  for (cv::Point at : {cv::Point(8, 0), cv::Point(0, 6), cv::Point(8, 6)}) {
    cv::Mat other = image.clone();
    other.at<cv::Vec3w>(at)[2] = 4;
    CHECK(!is_constant(other));
  }
}

TEST_CASE("grey is read from its text") {
  contrast_parameters p;
  parse_gray("green", p);
  CHECK(p.gray == gray_choice::green);
  parse_gray("0.25,0.5,0.25", p);
  CHECK(p.gray == gray_choice::weighted);
  CHECK(p.weights.green == 0.5);
  for (const char* bad : {"", "red", "1,2", "1,2,3,4", "1;2;3", "1,2,x", "1,2,1e9"}) {
    CHECK_THROWS_AS(parse_gray(bad, p), const error&);
  }
}
