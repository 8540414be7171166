// SPDX-License-Identifier: Apache-2.0
#include "medvision/draw/overlay.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/saliency/upsample.hpp"
#include "medvision/score/extent.hpp"

using namespace medvision;

namespace {
cv::Mat dot(cv::Size size, cv::Rect box) {
  cv::Mat m = cv::Mat::zeros(size, CV_8U);
  m(box).setTo(255);
  return m;
}
}  // namespace

TEST_CASE("an outline lies just outside the mask and leaves the rest alone") {
  cv::Mat picture(40, 50, CV_8UC3, cv::Scalar(10, 20, 30));
  const cv::Mat mask = dot(picture.size(), {20, 15, 6, 4});
  draw_outline(picture, mask, {1, 2, 3});
  cv::Mat drawn;
  cv::inRange(picture, cv::Scalar(1, 2, 3), cv::Scalar(1, 2, 3), drawn);
  CHECK(cv::countNonZero(drawn & mask) == 0);
  CHECK(cv::countNonZero(drawn) == 2 * 6 + 2 * 4);
  CHECK(picture.at<cv::Vec3b>(16, 22) == cv::Vec3b(10, 20, 30));
  CHECK(picture.at<cv::Vec3b>(0, 0) == cv::Vec3b(10, 20, 30));
}

TEST_CASE("heat leaves zeros alone and is most opaque at one") {
  cv::Mat picture(1, 3, CV_8UC3, cv::Scalar(100, 100, 100));
  const cv::Mat values = (cv::Mat_<float>(1, 3) << 0.f, 1.f, 7.f);
  draw_heat(picture, values);
  CHECK(picture.at<cv::Vec3b>(0, 0) == cv::Vec3b(100, 100, 100));
  CHECK(picture.at<cv::Vec3b>(0, 1) == picture.at<cv::Vec3b>(0, 2));
  CHECK(picture.at<cv::Vec3b>(0, 1)[1] > 180);  // viridis ends in yellow
}

TEST_CASE("a map beside the picture is refused, one that meets it in a corner is not") {
  const cv::Mat cells = cv::Mat::ones(4, 4, CV_32F);
  const cv::Size size(10, 8);
  CHECK(cv::sum(place_map(cells, crop_frame(9, 7), size, {}))[0] == 1);
  for (const frame& f :
       {crop_frame(10, 0), crop_frame(0, 8), crop_frame(-4, 0), crop_frame(1e6, 1e6), crop_frame(0, -4)}) {
    try {
      place_map(cells, f, size, {});
      FAIL("it was placed");
    } catch (const error& e) {
      CHECK(e.code() == "E_FRAME");
      CHECK(std::string(e.what()).find("10x8") != std::string::npos);
    }
  }
}

TEST_CASE("what is found reaches the threshold and lies inside the field") {
  const cv::Mat values = (cv::Mat_<float>(1, 4) << 0.4f, 0.5f, 0.6f, 0.9f),
                inside = (cv::Mat_<uchar>(1, 4) << 1, 1, 1, 0);
  CHECK(cv::countNonZero(find_above(values, 0.5)) == 3);
  const cv::Mat found = find_above(values, 0.5, inside);
  CHECK(cv::countNonZero(found) == 2);
  CHECK(found.at<uchar>(1) == 255);
  CHECK_THROWS_AS(find_above(values, 0.5, cv::Mat(2, 4, CV_8U)), const error&);
  cv::Mat picture(1, 4, CV_8UC3, cv::Scalar(7, 7, 7));
  draw_heat(picture, values, inside);
  CHECK(picture.at<cv::Vec3b>(3) == cv::Vec3b(7, 7, 7));
  CHECK(picture.at<cv::Vec3b>(2) != cv::Vec3b(7, 7, 7));
}

TEST_CASE("a box's frame lies on its own outermost pixels") {
  cv::Mat picture(30, 30, CV_8UC3, cv::Scalar(90, 90, 90));
  for (const cv::Rect2d& box : {cv::Rect2d(5, 6, 10, 8), cv::Rect2d(-3, -3, 6, 6), cv::Rect2d(28, 28, 50, 50)})
    draw_box(picture, box, {255, 255, 255});
  for (cv::Point at : {cv::Point(5, 6), cv::Point(14, 6), cv::Point(5, 13), cv::Point(14, 13)})
    CHECK(picture.at<cv::Vec3b>(at) == cv::Vec3b(255, 255, 255));
  CHECK(picture.at<cv::Vec3b>(5, 4) == cv::Vec3b(0, 0, 0));
  CHECK(picture.at<cv::Vec3b>(10, 10) == cv::Vec3b(90, 90, 90));
}

TEST_CASE("a channel is chosen by its class, and must be when there are several") {
  const int shape[3] = {2, 3, 4};
  cv::Mat map(3, shape, CV_32F, cv::Scalar(0));
  map.ptr<float>(1)[5] = 9;
  CHECK(map_channel(map, {"a", "b"}, "b").at<float>(1, 1) == 9);
  const cv::Mat kept = map_channel(map.clone(), {"a", "b"}, "b");  // holds on to pixels that nobody else does
  CHECK(kept.at<float>(1, 1) == 9);
  CHECK_THROWS_AS(map_channel(map, {"a", "b"}, ""), const error&);
  CHECK_THROWS_AS(map_channel(map, {"a", "b"}, "c"), const error&);
  CHECK_THROWS_AS(map_channel(cv::Mat(3, 4, CV_32F), {"a"}, "a"), const error&);
}

TEST_CASE("what is drawn on is 8-bit colour, and never the picture itself") {
  const cv::Mat words = (cv::Mat_<ushort>(1, 2) << 100, 4000);
  const cv::Mat out = drawable(words);
  CHECK(out.type() == CV_8UC3);
  CHECK(out.at<cv::Vec3b>(0, 0) == cv::Vec3b(0, 0, 0));
  CHECK(out.at<cv::Vec3b>(0, 1) == cv::Vec3b(255, 255, 255));
  const cv::Mat colour(3, 3, CV_8UC3, cv::Scalar(1, 2, 3));
  CHECK(drawable(colour).data != colour.data);
  CHECK_THROWS_AS(drawable(cv::Mat()), const error&);
}

TEST_CASE("a line of 20 pixels in a crop at half size is 40 source pixels long and 80 large") {
  const frame half{{2, 0, 30, 0, 2, 40}};
  const cv::Mat mask = dot({60, 30}, {10, 12, 21, 1}), inside = dot({60, 30}, {0, 0, 30, 30});
  const extent all = measure_extent(mask, {}, half);
  CHECK(all.area == 84);
  CHECK(all.length == 40);
  CHECK(*all.fraction == doctest::Approx(21 / 1800.0));
  const extent part = measure_extent(mask, inside, half);
  CHECK(part.area == 80);
  CHECK(part.length == 38);
  CHECK(*part.fraction == doctest::Approx(20 / 900.0));
  CHECK(!measure_extent(mask, cv::Mat::zeros(30, 60, CV_8U), half).fraction);
  CHECK_THROWS_AS(measure_extent(mask, cv::Mat::zeros(3, 6, CV_8U), half), const error&);
}
