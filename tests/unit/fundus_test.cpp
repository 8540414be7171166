// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/fundus.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "medvision/crop/circle.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

/// An eye as a camera might see it: orange, darker to the rim, vessels, a disc; on any background.
struct scene {
  cv::Size size{640, 480};
  cv::Point2d centre{320, 240};
  double radius = 200;
  cv::Scalar behind{2, 2, 2};
  double vignette = 0.5;  ///< share of the light lost at the rim
  double noise = 2;
  cv::Rect kept;  ///< straight cuts by the camera; empty: none
};

cv::Mat truth_of(const scene& s) {
  cv::Mat mask(s.size, CV_8U);
  for (int y = 0; y < s.size.height; ++y)
    for (int x = 0; x < s.size.width; ++x) {
      const bool inside = std::hypot(x + 0.5 - s.centre.x, y + 0.5 - s.centre.y) <= s.radius;
      mask.at<uchar>(y, x) = inside && (s.kept.empty() || s.kept.contains({x, y})) ? 255 : 0;
    }
  return mask;
}

cv::Mat photograph(const scene& s) {
  cv::Mat image(s.size, CV_32FC3), noise(s.size, CV_32FC3);
  const cv::Mat inside = truth_of(s);
  for (int y = 0; y < s.size.height; ++y)
    for (int x = 0; x < s.size.width; ++x) {
      const double far = std::hypot(x + 0.5 - s.centre.x, y + 0.5 - s.centre.y) / s.radius;
      const float light = float(1 - s.vignette * far * far);
      const float wave = float(6 * std::sin(0.11 * x) * std::cos(0.07 * y));
      image.at<cv::Vec3f>(y, x) = inside.at<uchar>(y, x)
                                      ? cv::Vec3f(40 * light, (90 + wave) * light, (190 + wave) * light)
                                      : cv::Vec3f(float(s.behind[0]), float(s.behind[1]), float(s.behind[2]));
    }
  const auto at = [&s](double dx, double dy) {
    return cv::Point(int(s.centre.x + dx * s.radius), int(s.centre.y + dy * s.radius));
  };
  cv::circle(image, at(0.4, 0.05), std::max(2, int(0.15 * s.radius)), {120, 200, 240}, -1);
  cv::line(image, at(0.4, 0.05), at(-0.3, -0.6), {20, 40, 110}, std::max(1, int(0.02 * s.radius)));
  cv::line(image, at(0.4, 0.05), at(-0.3, 0.6), {20, 40, 110}, std::max(1, int(0.02 * s.radius)));
  cv::GaussianBlur(image, image, {3, 3}, 0);
  cv::RNG(17).fill(noise, cv::RNG::NORMAL, 0, s.noise);
  image += noise;
  image.convertTo(image, CV_8U);
  return image;
}

double overlap(const cv::Mat& a, const cv::Mat& b) {
  return double(cv::countNonZero(a & b)) / std::max(1, cv::countNonZero(a | b));
}

std::string code_of(const cv::Mat& image) {
  try {
    find_fundus_field(image);
  } catch (const error& e) {
    return e.code() + " " + e.what();
  }
  return "";
}

void check_found(const scene& s, double least = 0.985) {
  const fundus_field f = find_fundus_field(photograph(s));
  CAPTURE(f.radius);
  CAPTURE(f.confidence);
  CHECK(overlap(f.mask, truth_of(s)) >= least);
  CHECK(f.confidence >= 0.7);
  CHECK(f.box == cv::boundingRect(f.mask));
  CHECK(std::abs(f.radius - s.radius) <= 0.01 * s.radius + 1);
}

}  // namespace

TEST_CASE("the circle through four points on paper") {
  std::vector<cv::Point2d> points;
  for (int i = 0; i < 16; ++i) points.emplace_back(10 + 5 * std::cos(i * CV_PI / 8), 20 + 5 * std::sin(i * CV_PI / 8));
  const circle c = fit_circle(points, {{10.2, 19.9}, 5.1});
  CHECK(c.centre.x == doctest::Approx(10).epsilon(1e-9));
  CHECK(c.centre.y == doctest::Approx(20).epsilon(1e-9));
  CHECK(c.radius == doctest::Approx(5).epsilon(1e-9));
  CHECK(rim_support(c, points, {0, 0, 100, 100}) > 0.4);
  CHECK(rim_support({}, points, {0, 0, 100, 100}) == 0);
}

TEST_CASE("a circle is found among as many points that lie on none") {
  std::vector<cv::Point2d> points;
  cv::RNG random(3);
  for (int i = 0; i < 200; ++i) {
    const double a = random.uniform(0.0, 2 * CV_PI);
    points.emplace_back(100 + 60 * std::cos(a) + random.gaussian(0.3), 90 + 60 * std::sin(a) + random.gaussian(0.3));
    points.emplace_back(random.uniform(0.0, 200.0), random.uniform(0.0, 180.0));
  }
  const circle c = consensus_circle(points, {200, 180});
  CHECK(std::abs(c.radius - 60) < 0.5);
  CHECK(cv::norm(c.centre - cv::Point2d(100, 90)) < 0.5);
}

TEST_CASE("the field of view is found on every background") {
  for (cv::Scalar behind : {cv::Scalar(0, 0, 0), cv::Scalar(15, 15, 15), cv::Scalar(128, 128, 128),
                            cv::Scalar(255, 255, 255), cv::Scalar(200, 60, 30), cv::Scalar(60, 160, 60)}) {
    CAPTURE(behind[0]);
    CAPTURE(behind[1]);
    scene s;
    s.behind = behind;
    check_found(s);
  }
}

TEST_CASE("the field of view is found at every size") {
  for (int side : {64, 100, 300, 513, 1024, 2100}) {
    CAPTURE(side);
    scene s;
    s.size = {side, side * 3 / 4};
    s.centre = {side * 0.51, side * 0.37};
    s.radius = side * 0.33;
    check_found(s, side < 200 ? 0.95 : 0.985);
  }
}

TEST_CASE("circles that the picture cuts at the top, the bottom or the sides are found") {
  for (cv::Point2d centre :
       {cv::Point2d(320, 150), cv::Point2d(320, 330), cv::Point2d(150, 240), cv::Point2d(500, 240)}) {
    CAPTURE(centre.x);
    CAPTURE(centre.y);
    scene s;
    s.centre = centre;
    check_found(s);
  }
  scene both;
  both.radius = 290;  // cut at the top and the bottom, as HRF and IDRiD are
  check_found(both);
}

TEST_CASE("straight cuts by the camera are kept") {
  for (cv::Rect kept : {cv::Rect(0, 80, 640, 320), cv::Rect(160, 0, 330, 480), cv::Rect(0, 75, 640, 405)}) {
    CAPTURE(kept.x);
    CAPTURE(kept.y);
    scene s;
    s.kept = kept;
    check_found(s);
  }
}

TEST_CASE("dark rims, noise and writing in a corner do not move it") {
  scene dark;
  dark.vignette = 0.85;
  check_found(dark);
  scene noisy;
  noisy.noise = 12;
  check_found(noisy, 0.97);
  scene plain;
  cv::Mat image = photograph(plain);
  cv::putText(image, "OD 2019-03-04 12:31", {5, 30}, cv::FONT_HERSHEY_SIMPLEX, 0.8, {255, 255, 255}, 2);
  cv::rectangle(image, {0, 440, 120, 40}, {230, 230, 230}, -1);
  CHECK(overlap(find_fundus_field(image).mask, truth_of(plain)) > 0.985);
}

TEST_CASE("grey, 16-bit and 12-bit pictures give the same field as 8-bit colour") {
  const scene s;
  const cv::Mat image = photograph(s), truth = truth_of(s);
  cv::Mat gray, words, dim, gray_words;
  cv::cvtColor(image, gray, cv::COLOR_BGR2GRAY);
  image.convertTo(words, CV_16U, 257);
  image.convertTo(dim, CV_16U, 16);
  gray.convertTo(gray_words, CV_16U, 257);
  for (const cv::Mat& m : {image, gray, words, dim, gray_words})
    CHECK(overlap(find_fundus_field(m).mask, truth) > 0.985);
}

TEST_CASE("a translated picture has a translated field") {
  scene s;
  const fundus_field a = find_fundus_field(photograph(s));
  s.centre += cv::Point2d(31, -17);
  const fundus_field b = find_fundus_field(photograph(s));
  CHECK(std::abs(b.centre.x - a.centre.x - 31) < 0.5);
  CHECK(std::abs(b.centre.y - a.centre.y + 17) < 0.5);
  CHECK(std::abs(b.radius - a.radius) < 0.5);
}

TEST_CASE("without any background the whole picture is the field, with confidence 0") {
  scene s;
  s.radius = 900;
  s.vignette = 0.1;
  const fundus_field f = find_fundus_field(photograph(s));
  CHECK(f.box == cv::Rect({}, s.size));
  CHECK(cv::countNonZero(f.mask) == s.size.area());
  CHECK(f.confidence == 0);
  CHECK(f.radius == 0);
}

TEST_CASE("a field that is no circle is taken as the region it is") {
  cv::Mat image(480, 640, CV_8UC3, cv::Scalar(0, 0, 0)), truth = cv::Mat::zeros(480, 640, CV_8U);
  cv::ellipse(image, {320, 240}, {280, 150}, 0, 0, 360, {40, 90, 190}, -1);
  cv::ellipse(truth, {320, 240}, {280, 150}, 0, 0, 360, cv::Scalar(255), -1);
  const fundus_field f = find_fundus_field(image);
  CHECK(f.radius == 0);
  CHECK(overlap(f.mask, truth) > 0.97);
}

TEST_CASE("pictures without anything to find are refused with the reason") {
  CHECK(code_of(cv::Mat(200, 300, CV_8UC3, cv::Scalar(0, 0, 0))).find("E_NO_FOV the picture is all black") == 0);
  CHECK(code_of(cv::Mat(200, 300, CV_8UC3, cv::Scalar(255, 255, 255))).find("E_NO_FOV the picture is all white") == 0);
  CHECK(code_of(cv::Mat(200, 300, CV_8U, cv::Scalar(90))).find("E_NO_FOV the picture has no contrast") == 0);
  CHECK(code_of(cv::Mat(200, 300, CV_16U, cv::Scalar(0))).find("E_NO_FOV the picture is all black") == 0);
  CHECK(code_of(cv::Mat(8, 300, CV_8U, cv::Scalar(90))).find("E_SHAPE") == 0);
  CHECK(code_of(cv::Mat(200, 300, CV_32F, cv::Scalar(90))).find("E_DEPTH") == 0);
}
