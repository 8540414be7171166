// SPDX-License-Identifier: Apache-2.0
#include "medvision/enhance/clahe.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
cv::Mat smooth_noise(cv::Size size, int type) {
  cv::Mat m(size, type);
  cv::RNG(size.area()).fill(m, cv::RNG::UNIFORM, 0, m.depth() == CV_8U ? 256 : 65536);
  cv::GaussianBlur(m, m, {}, 3);
  return m;
}
bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

/// One tile, 8 bit, by the book: clip, spread the excess evenly, then in steps, then the cumulative histogram.
std::vector<uchar> tile_table(const cv::Mat& tile, double clip) {
  std::vector<int> bins(256, 0);
  for (int y = 0; y < tile.rows; ++y)
    for (int x = 0; x < tile.cols; ++x) ++bins[tile.at<uchar>(y, x)];
  const int limit = std::max(1, int(clip * double(tile.total()) / 256));
  int excess = 0;
  for (int& b : bins) {
    excess += std::max(0, b - limit);
    b = std::min(b, limit);
  }
  for (int& b : bins) b += excess / 256;
  const int rest = excess % 256;
  if (rest > 0)
    for (int i = 0, n = rest, step = std::max(256 / rest, 1); i < 256 && n > 0; i += step, --n) ++bins[i];
  std::vector<uchar> table(256);
  for (int i = 0, sum = 0; i < 256; ++i) {
    sum += bins[i];
    table[i] = cv::saturate_cast<uchar>(float(sum) * (255.f / float(tile.total())));
  }
  return table;
}
}  // namespace

TEST_CASE("with one tile CLAHE is a clipped histogram equalisation that can be done on paper") {
  const cv::Mat image = smooth_noise({40, 24}, CV_8U);
  for (double clip : {1.0, 2.0, 40.0}) {
    const auto table = tile_table(image, clip);
    cv::Mat want = image.clone();
    for (auto it = want.begin<uchar>(); it != want.end<uchar>(); ++it) *it = table[*it];
    CHECK(same(clahe(image.clone(), {clip, 1, 1}), want));
  }
}

TEST_CASE("grey CLAHE is cv::createCLAHE, in place, for sizes that do and do not divide into tiles") {
  for (int type : {CV_8UC1, CV_16UC1})
    for (cv::Size size : {cv::Size(64, 64), cv::Size(65, 63), cv::Size(7, 100), cv::Size(1, 1), cv::Size(200, 8)}) {
      cv::Mat image = smooth_noise(size, type), want;
      cv::createCLAHE(2.0, {8, 4})->apply(image, want);
      CHECK(same(clahe(image, {2.0, 8, 4}), want));
      CHECK(same(image, want));
    }
}

TEST_CASE("colour CLAHE is Lab, CLAHE on L, and back") {
  const cv::Mat image = smooth_noise({150, 131}, CV_8UC3);
  cv::Mat lab, want;
  cv::cvtColor(image, lab, cv::COLOR_BGR2Lab);
  std::vector<cv::Mat> planes;
  cv::split(lab, planes);
  cv::createCLAHE(2.0, {8, 8})->apply(planes[0], planes[0]);
  cv::merge(planes, lab);
  cv::cvtColor(lab, want, cv::COLOR_Lab2BGR);
  CHECK(same(clahe(image.clone()), want));
}

TEST_CASE("16-bit colour is Lab in floats over the whole picture, CLAHE on L in 65536 steps, and back") {
  const cv::Mat image = smooth_noise({96, 150}, CV_16UC3);
  cv::Mat lab, plane, want;
  image.convertTo(lab, CV_32F, 1.0 / 65535);
  cv::cvtColor(lab, lab, cv::COLOR_BGR2Lab);
  std::vector<cv::Mat> planes;
  cv::split(lab, planes);
  planes[0].convertTo(plane, CV_16U, 655.35);
  cv::createCLAHE(2.0, {8, 8})->apply(plane, plane);
  plane.convertTo(planes[0], CV_32F, 1 / 655.35);
  cv::merge(planes, lab);
  cv::cvtColor(lab, lab, cv::COLOR_Lab2BGR);
  lab.convertTo(want, CV_16U, 65535);
  CHECK(cv::norm(clahe(image.clone()), want, cv::NORM_INF) <= 1);
}

TEST_CASE("a grey picture stored as colour keeps its greyness") {
  cv::Mat plane = smooth_noise({64, 64}, CV_16UC1), colour;
  cv::merge(std::vector<cv::Mat>{plane, plane, plane}, colour);
  const cv::Mat out = clahe(colour);
  std::vector<cv::Mat> planes;
  cv::split(out, planes);
  CHECK(cv::norm(planes[0], planes[2], cv::NORM_INF) < 200);  // 0.3 % of the range
}

TEST_CASE("a constant picture stays constant") {
  for (int type : {CV_8UC1, CV_16UC1, CV_8UC3}) {
    const cv::Mat out = clahe(cv::Mat(50, 33, type, cv::Scalar::all(100)));
    double low = 0, high = 0;
    cv::minMaxIdx(out.reshape(1).col(0), &low, &high);
    CHECK(low == high);
  }
}

TEST_CASE("what CLAHE cannot take is refused") {
  CHECK_THROWS_AS(clahe(cv::Mat()), const error&);
  CHECK_THROWS_AS(clahe(cv::Mat(4, 4, CV_32F)), const error&);
  CHECK_THROWS_AS(clahe(cv::Mat(4, 4, CV_8U), {0}), const error&);
  CHECK_THROWS_AS(clahe(cv::Mat(4, 4, CV_8U), {2, 0, 8}), const error&);
}
