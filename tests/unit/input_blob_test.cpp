// SPDX-License-Identifier: Apache-2.0
// Picture to blob, by the card.
#include "medvision/infer/input_blob.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

using namespace medvision;

namespace {
double apart(const cv::Mat& a, const cv::Mat_<float>& b) { return cv::norm(a, b, cv::NORM_INF); }
cv::Mat noise(int rows, int columns, int type, int seed = 1) {
  cv::Mat m(rows, columns, type);
  cv::RNG random(seed);
  random.fill(m, cv::RNG::UNIFORM, 0, CV_MAT_DEPTH(type) == CV_16U ? 65536 : 256);
  return m;
}
card_input gray_input() {
  card_input i;
  i.name = "image";
  i.scale = 1 / 255.0;
  return i;
}
card_input colour_input(const std::string& order) {
  card_input i = gray_input();
  i.channels = 3;
  i.order = order;
  return i;
}
std::string code_of(const cv::Mat& picture, const card_input& i, std::optional<cv::Rect2d> field = {}) {
  try {
    fit_picture(picture, i, field);
  } catch (const error& e) {
    CHECK(e.who() == blame::item);
    return e.code();
  }
  return "";
}
}  // namespace

TEST_CASE("on paper: (pixel * scale - mean) / std, in 8 and 16 bit") {
  card_input i = gray_input();
  i.mean = {0.5};
  i.std = {0.25};
  const cv::Mat m = (cv::Mat_<uchar>(1, 3) << 0, 255, 51);
  const cv::Mat v = fit_picture(m, i).values;
  CHECK(v.at<float>(0, 0) == doctest::Approx(-2));
  CHECK(v.at<float>(0, 1) == doctest::Approx(2));
  CHECK(v.at<float>(0, 2) == doctest::Approx(-1.2));
  i.scale = 1 / 65535.0;
  CHECK(fit_picture((cv::Mat_<ushort>(1, 1) << 65535), i).values.at<float>(0, 0) == doctest::Approx(2));
}

TEST_CASE("channels come in the network's order, each with its own mean and deviation") {
  const cv::Mat m(2, 2, CV_8UC3, cv::Scalar(10, 20, 30));  // blue, green, red
  card_input i = colour_input("rgb");
  i.scale = 1;
  i.mean = {1, 2, 3};
  i.std = {1, 2, 10};
  const cv::Mat blob = stack_blob(std::vector{fit_picture(m, i).values});
  CHECK(blob.ptr<float>(0, 0)[0] == doctest::Approx(29));
  CHECK(blob.ptr<float>(0, 1)[3] == doctest::Approx(9));
  CHECK(blob.ptr<float>(0, 2)[0] == doctest::Approx(0.7));
  i = colour_input("bgr");
  i.scale = 1;
  CHECK(stack_blob(std::vector{fit_picture(m, i).values}).ptr<float>(0, 0)[0] == 10);
}

TEST_CASE("a picture of other channels or another depth is refused with what to run first") {
  CHECK(code_of(noise(4, 4, CV_8UC3), gray_input()) == "E_CHANNELS");
  CHECK(code_of(noise(4, 4, CV_8U), colour_input("rgb")) == "E_CHANNELS");
  CHECK_THROWS_WITH_AS(fit_picture(noise(4, 4, CV_8UC3), gray_input()), doctest::Contains("med-clahe --gray"), error);
  card_input i = gray_input();
  i.depth = "u8";
  CHECK(code_of(noise(4, 4, CV_16U), i) == "E_DEPTH");
  CHECK(code_of(noise(4, 4, CV_8U), i).empty());
  CHECK(code_of(cv::Mat(), i) == "E_SHAPE");
  CHECK(code_of(cv::Mat(2, 2, CV_8S, cv::Scalar(1)), gray_input()) == "E_DEPTH");
}

TEST_CASE("standardising gives mean 0 and deviation 1, and zeros for one value") {
  card_input i = gray_input();
  i.standardize = true;
  const cv::Mat v = fit_picture(noise(31, 17, CV_16U), i).values;
  cv::Scalar mean, deviation;
  cv::meanStdDev(v, mean, deviation);
  CHECK(std::abs(mean[0]) < 1e-6);
  CHECK(std::abs(deviation[0] - 1) < 1e-6);
  CHECK(cv::norm(fit_picture(cv::Mat(5, 5, CV_8U, cv::Scalar(77)), i).values, cv::NORM_INF) == 0);
}

TEST_CASE("the larger side of the field of view becomes fov_width, whatever lies around it") {
  card_input i = gray_input();
  i.fov_width = 100;
  const fitted_picture half = fit_picture(noise(240, 300, CV_8U), i, cv::Rect2d(10, 20, 200, 180));
  CHECK(half.values.size() == cv::Size(150, 120));
  const cv::Rect2d back = map_box(half.to_picture, cv::Rect2d(5, 10, 100, 90));
  CHECK(back.x == doctest::Approx(10));
  CHECK(back.width == doctest::Approx(200));
  CHECK(fit_picture(noise(240, 300, CV_8U), i).values.size() == cv::Size(100, 80));  // no field: the picture is one
  CHECK(fit_picture(noise(25, 50, CV_8U), i).values.size() == cv::Size(100, 50));    // enlarged
  CHECK(fit_picture(noise(1, 200, CV_8U), i).values.size() == cv::Size(100, 1));     // 0.5 rounds to even, at least 1
  CHECK(fit_picture(noise(3, 200, CV_8U), i).values.size() == cv::Size(100, 2));     // 1.5 rounds to 2
  CHECK(code_of(noise(9, 9, CV_8U), i, cv::Rect2d(0, 0, 0, 0)) == "E_FOV");
  CHECK(code_of(noise(9, 9, CV_8U), i, cv::Rect2d(0, 0, 1e-9, 1e-9)) == "E_TOO_LARGE");
}

TEST_CASE("shrinking averages, enlarging interpolates, and a picture that fits is not touched") {
  card_input i = gray_input();
  i.scale = 1;
  i.size = {2, 2};
  const cv::Mat m = (cv::Mat_<uchar>(4, 4) << 0, 10, 1, 1, 20, 30, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3);
  CHECK(fit_picture(m, i).values.at<float>(0, 0) == 15);
  i.size = {4, 4};
  CHECK(cv::norm(fit_picture(m, i).values, cv::Mat_<float>(m), cv::NORM_INF) == 0);
  i.size = {8, 6};
  cv::Mat oracle;
  cv::resize(m, oracle, {8, 6}, 0, 0, cv::INTER_LINEAR);
  CHECK(cv::norm(fit_picture(m, i).values, cv::Mat_<float>(oracle), cv::NORM_INF) == 0);
}

TEST_CASE("padding mirrors without repeating the edge, as often as needed, or fills zeros") {
  const cv::Mat m = (cv::Mat_<float>(1, 3) << 1, 2, 3);
  const cv::Mat wide = pad_picture(m, {10, 1}, 0, padding::mirror);
  CHECK(apart(wide, (cv::Mat_<float>(1, 10) << 1, 2, 3, 2, 1, 2, 3, 2, 1, 2)) == 0);
  CHECK(apart(pad_picture(m, {4, 2}, 0, padding::zero), (cv::Mat_<float>(2, 4) << 1, 2, 3, 0, 0, 0, 0, 0)) == 0);
  CHECK(apart(pad_picture(m, {5, 3}, 1, padding::zero).row(1), (cv::Mat_<float>(1, 5) << 0, 1, 2, 3, 0)) == 0);
  CHECK(pad_picture(m, {3, 1}, 0, padding::zero).data == m.data);
  CHECK_THROWS_AS(pad_picture(m, {2, 1}, 0, padding::zero), error);
  CHECK(pad_picture(cv::Mat(1, 1, CV_32F, cv::Scalar(7)), {4, 4}, 0, padding::mirror).at<float>(3, 3) == 7);
  for (int n = 1; n < 40; ++n) {
    const cv::Size up = next_multiple({n, 40 - n}, 16);
    CHECK(up.width % 16 == 0);
    CHECK(up.width - n < 16);
    CHECK(up.width >= n);
  }
}

TEST_CASE("a batch holds each picture's planes in order; one grey picture is not copied") {
  const cv::Mat a = noise(3, 5, CV_8U), b = noise(3, 5, CV_8U, 2);
  cv::Mat fa, fb;
  a.convertTo(fa, CV_32F);
  b.convertTo(fb, CV_32F);
  const cv::Mat two = stack_blob(std::vector{fa, fb});
  REQUIRE(two.dims == 4);
  CHECK(two.size[0] == 2);
  CHECK(std::equal(fb.ptr<float>(), fb.ptr<float>() + 15, two.ptr<float>(1)));
  CHECK(stack_blob(std::vector{fa}).data == fa.data);
  CHECK_THROWS_AS(stack_blob(std::vector{fa, cv::Mat(2, 5, CV_32F, cv::Scalar(0))}), error);
  CHECK_THROWS_AS(stack_blob({}), error);
}
