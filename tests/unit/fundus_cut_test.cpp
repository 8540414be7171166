// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/fundus_cut.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

using namespace medvision;

TEST_CASE("what is kept of an eye follows the field that is known, else the one that is found") {
  cv::Mat image(120, 160, CV_8UC3, cv::Scalar(0, 0, 0));
  cv::circle(image, {80, 60}, 50, cv::Scalar(40, 90, 200), cv::FILLED);
  const fundus_cut found = plan_fundus_cut(image, {}, {}, {}, {5, false});
  CHECK(found.kept == padded_box(found.field, {5, false}, image.size()));
  CHECK(found.mask.size() == found.kept.size());
  REQUIRE(found.confidence);
  CHECK(*found.confidence > 0.9);
  cv::Mat half = cv::Mat::zeros(60, 80, CV_8U);  // of half the picture's size
  half({10, 20, 30, 25}).setTo(255);
  const fundus_cut known = plan_fundus_cut(image, half, {{2, 0, 0, 0, 2, 0}}, {}, {5, false});
  CHECK(known.field == cv::Rect(20, 40, 60, 50));
  CHECK(known.kept == cv::Rect(15, 35, 70, 60));
  CHECK(known.mask.empty());
  CHECK(!known.confidence);
}
