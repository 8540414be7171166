// SPDX-License-Identifier: Apache-2.0
#include "medvision/enhance/resize.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"

using namespace medvision;

TEST_CASE("fit keeps the shape, fill covers and cuts the middle, stretch does as it is told") {
  CHECK(plan_resize({4000, 3000}, {512, 512}, resize_fit::fit).size == cv::Size(512, 384));
  CHECK(plan_resize({300, 400}, {512, 512}, resize_fit::fit).size == cv::Size(384, 512));
  const auto cover = plan_resize({4000, 3000}, {512, 512}, resize_fit::fill);
  CHECK(cover.size == cv::Size(512, 512));
  CHECK(cover.cut == cv::Rect(500, 0, 3000, 3000));
  const auto stretched = plan_resize({4000, 3000}, {512, 512}, resize_fit::stretch);
  CHECK(stretched.cut == cv::Rect(0, 0, 4000, 3000));
  CHECK(stretched.step.m[0] == 4000 / 512.0);
}

TEST_CASE("the frame leads the corners of the new picture to the corners of what was cut") {
  for (auto fit : {resize_fit::fit, resize_fit::fill, resize_fit::stretch})
    for (cv::Size from : {cv::Size(1, 1), cv::Size(7, 1000), cv::Size(333, 211), cv::Size(4288, 2848)})
      for (cv::Size to : {cv::Size(1, 1), cv::Size(608, 608), cv::Size(100, 31)}) {
        const auto plan = plan_resize(from, to, fit);
        const cv::Point2d a = apply(plan.step, {0, 0}),
                          b = apply(plan.step, cv::Point2d(plan.size.width, plan.size.height));
        CHECK(std::abs(a.x - plan.cut.x) < 1e-9);
        CHECK(std::abs(a.y - plan.cut.y) < 1e-9);
        CHECK(std::abs(b.x - (plan.cut.x + plan.cut.width)) < 1e-9);
        CHECK(std::abs(b.y - (plan.cut.y + plan.cut.height)) < 1e-9);
        CHECK(plan.size.width <= to.width);
        CHECK(plan.size.height <= to.height);
        CHECK((plan.cut & cv::Rect({}, from)) == plan.cut);
      }
}

TEST_CASE("halving by area is the mean of four pixels") {
  const cv::Mat image = (cv::Mat_<uchar>(2, 4) << 0, 10, 100, 100, 20, 30, 100, 200);
  const auto plan = plan_resize(image.size(), {2, 1}, resize_fit::stretch);
  const cv::Mat out = resize(image, plan, interpolation::automatic);
  CHECK(out.at<uchar>(0) == 15);
  CHECK(out.at<uchar>(1) == 125);
}

TEST_CASE("the frame is right: a ramp along x keeps its values through it") {
  cv::Mat ramp(40, 200, CV_32F);
  for (int y = 0; y < ramp.rows; ++y)
    for (int x = 0; x < ramp.cols; ++x) ramp.at<float>(y, x) = float(x + 0.5);
  for (auto fit : {resize_fit::fit, resize_fit::fill, resize_fit::stretch}) {
    const auto plan = plan_resize(ramp.size(), {317, 90}, fit);
    const cv::Mat out = resize(ramp, plan, interpolation::linear);
    for (int x = 3; x < out.cols - 3; ++x)
      CHECK(out.at<float>(out.rows / 2, x) == doctest::Approx(apply(plan.step, {x + 0.5, 0.0}).x).epsilon(1e-4));
  }
}

TEST_CASE("nearest invents no value, and the same size changes nothing") {
  cv::Mat image(31, 45, CV_16UC3);
  cv::RNG(6).fill(image, cv::RNG::UNIFORM, 0, 2);
  const cv::Mat out = resize(image, plan_resize(image.size(), {100, 77}, resize_fit::stretch), interpolation::nearest);
  double low = 0, high = 0;
  cv::minMaxIdx(out.reshape(1), &low, &high);
  CHECK(high <= 1);
  const auto idle = plan_resize(image.size(), image.size(), resize_fit::fit);
  CHECK(idle.step == frame{});
  CHECK(resize(image, idle, interpolation::cubic).data == image.data);
}

TEST_CASE("sizes that cannot be are refused") {
  CHECK_THROWS_AS(plan_resize({10, 10}, {0, 5}, resize_fit::fit), const error&);
  CHECK_THROWS_AS(plan_resize({10, 10}, {70000, 5}, resize_fit::stretch), const error&);
  CHECK_THROWS_AS(plan_resize({0, 10}, {5, 5}, resize_fit::stretch), const error&);
  CHECK_THROWS_AS(plan_resize({10, 10}, {60000, 60000}, resize_fit::stretch), const error&);
  CHECK_THROWS_AS(resize(cv::Mat(4, 4, CV_8U), plan_resize({10, 10}, {5, 5}, resize_fit::stretch), interpolation::area),
                  const error&);
}

TEST_CASE("fits and interpolations are read from their names") {
  CHECK(fit_named("fill") == resize_fit::fill);
  CHECK(interpolation_named("auto") == interpolation::automatic);
  CHECK_THROWS_AS(fit_named("cover"), const error&);
  CHECK_THROWS_AS(interpolation_named("lanczos"), const error&);
}
