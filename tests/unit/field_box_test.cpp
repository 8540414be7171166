// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/field_box.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

TEST_CASE("a known field is moved through the frames onto the picture") {
  cv::Mat mask = cv::Mat::zeros(50, 60, CV_8U);
  mask({10, 5, 20, 30}).setTo(255);
  const frame half{{2, 0, 0, 0, 2, 0}};  // the mask is half the source's size
  CHECK(field_box(mask, half, {120, 100}, {}) == cv::Rect(20, 10, 40, 60));
  CHECK(field_box(mask, half, {100, 95}, crop_frame(8, 4)) == cv::Rect(12, 6, 40, 60));
  CHECK_THROWS_AS(field_box(cv::Mat::zeros(5, 5, CV_8U), {}, {5, 5}, {}), const error&);
  CHECK_THROWS_AS(field_box(mask, half, {100, 95}, crop_frame(500, 4)), const error&);
}

TEST_CASE("a box is widened by pixels or by a share of its larger side, as far as the picture goes") {
  const cv::Rect box(20, 10, 40, 60);
  CHECK(padded_box(box, {15, false}, {120, 100}) == cv::Rect(5, 0, 70, 85));
  CHECK(padded_box(box, {0.1, true}, {120, 100}) == cv::Rect(14, 4, 52, 72));
  CHECK(padded_box(box, {}, {120, 100}) == box);
}

TEST_CASE("padding is said in pixels or per cent") {
  CHECK((padding_named("20").amount == 20 && !padding_named("20").is_share));
  CHECK((padding_named("4.5%").amount == doctest::Approx(0.045) && padding_named("4.5%").is_share));
  for (const char* wrong : {"", "%", "-1", "1.5", "101%", "4%%", "4 %", "nan", "inf%", "100001", "x"})
    CHECK_MESSAGE(code_of([&] { padding_named(wrong); }, blame::request) == "E_OPTION", wrong);
}
