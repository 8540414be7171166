// SPDX-License-Identifier: Apache-2.0
// Pictures side by side.
#include "medvision/draw/sheet.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
cv::Mat plain(int width, int height, const cv::Vec3b& colour) {
  return {height, width, CV_8UC3, cv::Scalar(colour[0], colour[1], colour[2])};
}
bool any_light(const cv::Mat& part) {
  for (int y = 0; y < part.rows; ++y)
    for (int x = 0; x < part.cols; ++x)
      if (part.at<cv::Vec3b>(y, x)[1] > 150) return true;
  return false;
}
const cv::Vec3b blue{255, 0, 0}, red{0, 0, 255}, black{0, 0, 0};
}  // namespace

TEST_CASE("a sheet shows every picture whole in its cell, with its name below") {
  const sheet_layout layout{{2, 2}, {64, 80}};
  cv::Mat sheet = start_sheet(3, layout);
  REQUIRE(sheet.size() == cv::Size(128, 160));
  put_on_sheet(sheet, layout, 0, plain(40, 10, blue), "a");
  put_on_sheet(sheet, layout, 2, plain(100, 300, red), "b");
  // 64 x 80 leaves 60 x 60: the first becomes 60 x 15, rows 24 to 38; the second 20 x 60.
  CHECK(sheet.at<cv::Vec3b>(32, 2) == blue);
  CHECK(sheet.at<cv::Vec3b>(32, 61) == blue);
  CHECK(sheet.at<cv::Vec3b>(22, 32) == black);
  CHECK(sheet.at<cv::Vec3b>(41, 32) == black);
  CHECK(sheet.at<cv::Vec3b>(80 + 3, 32) == red);
  CHECK(sheet.at<cv::Vec3b>(80 + 60, 32) == red);
  CHECK(sheet.at<cv::Vec3b>(80 + 30, 20) == black);
  CHECK(cv::countNonZero(sheet(cv::Rect(64, 0, 64, 160)).clone().reshape(1)) == 0);
  CHECK(any_light(sheet(cv::Rect(0, 66, 64, 14))));
}

TEST_CASE("a sheet has as many rows and columns as its pictures fill") {
  const sheet_layout layout{{5, 4}, {100, 50}};
  CHECK(start_sheet(1, layout).size() == cv::Size(100, 50));
  CHECK(start_sheet(5, layout).size() == cv::Size(500, 50));
  CHECK(start_sheet(6, layout).size() == cv::Size(500, 100));
  CHECK(start_sheet(20, layout).size() == cv::Size(500, 200));
}

TEST_CASE("a long name is cut at its front and stays in its cell") {
  const sheet_layout layout{{3, 1}, {64, 64}};
  cv::Mat sheet = start_sheet(3, layout);
  put_on_sheet(sheet, layout, 1, plain(10, 10, red), std::string(200, 'W') + "\xC3\xA4");
  for (const int x : {0, 128}) CHECK(cv::countNonZero(sheet(cv::Rect(x, 0, 64, 64)).clone().reshape(1)) == 0);
}

TEST_CASE("what cannot be a sheet is refused") {
  CHECK_THROWS_AS(start_sheet(3, {{0, 2}, {64, 64}}), const error&);
  CHECK_THROWS_AS(start_sheet(0, {{2, 2}, {64, 64}}), const error&);
  CHECK_THROWS_AS(start_sheet(3, {{2, 2}, {47, 64}}), const error&);
  CHECK_THROWS_AS(start_sheet(3, {{2, 2}, {64, 4097}}), const error&);
  CHECK_THROWS_AS(start_sheet(100, {{10, 10}, {4096, 4096}}), const error&);
  const sheet_layout layout{{2, 1}, {64, 64}};
  cv::Mat sheet = start_sheet(2, layout);
  CHECK_THROWS_AS(put_on_sheet(sheet, layout, 2, plain(5, 5, red), ""), const error&);
  CHECK_THROWS_AS(put_on_sheet(sheet, layout, -1, plain(5, 5, red), ""), const error&);
  CHECK_THROWS_AS(put_on_sheet(sheet, layout, 0, cv::Mat(5, 5, CV_8U), ""), const error&);
  CHECK_THROWS_AS(put_on_sheet(sheet, layout, 0, cv::Mat(), ""), const error&);
}
