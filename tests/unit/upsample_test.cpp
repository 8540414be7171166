// SPDX-License-Identifier: Apache-2.0
#include "medvision/saliency/upsample.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "medvision/error.hpp"

using namespace medvision;

namespace {

constexpr upsampling all[] = {upsampling::nearest, upsampling::linear, upsampling::area, upsampling::cubic};

cv::Mat noise(cv::Size size, std::uint64_t seed) {
  cv::Mat m(size, CV_32F);
  cv::RNG(seed).fill(m, cv::RNG::UNIFORM, 0.1, 1.0);
  return m;
}
double worst(const cv::Mat& a, const cv::Mat& b) {
  REQUIRE(a.size() == b.size());
  return cv::norm(a, b, cv::NORM_INF);
}
cv::Mat flipped(const cv::Mat& m, int code) {
  cv::Mat out;
  cv::flip(m, out, code);
  return out;
}

}  // namespace

TEST_CASE("a map is placed by its frame: cells of two pixels, linear between their centres") {
  const cv::Mat cells = (cv::Mat_<float>(1, 3) << 0.f, 1.f, 3.f);
  const cv::Mat out = place_map(cells, {{2, 0, 0, 0, 2, 0}}, {6, 2}, {});
  const float want[6] = {0.f, 0.25f, 0.75f, 1.5f, 2.5f, 3.f};
  for (int x = 0; x < 6; ++x) CHECK(out.at<float>(1, x) == want[x]);
}

TEST_CASE("outside a map there is nothing, and whole shifts copy values") {
  const cv::Mat cells = noise({30, 20}, 1);
  for (const upsampling how : all) {
    const cv::Mat out = place_map(cells, crop_frame(5, 7), {50, 40}, {}, {how});
    CHECK(worst(out({5, 7, 30, 20}), cells) == 0);
    CHECK(cv::countNonZero(out) == 600);
    CHECK(place_map(cells, crop_frame(5, 7), cells.size(), crop_frame(5, 7), {how}).data == cells.data);
  }
}

TEST_CASE("linear placing follows the definition for any frames, also askew ones") {
  cv::Mat cells = noise({31, 25}, 2);
  const frame picture_to_source{{1.3, 0, 20, 0, 1.3, 3}};
  for (const frame& cells_to_source : {frame{{3.1, 0, 12, 0, 2.7, -4}}, frame{{-3.1, 0, 90, 0, 2.7, -4}},
                                       frame{{0, 2.3, 15, -2.1, 0, 60}}, frame{{2.4, 0.7, 12, -0.6, 2.2, 30}}}) {
    const cv::Mat out = place_map(cells, cells_to_source, {50, 40}, picture_to_source);
    const frame to_cells = compose(invert(cells_to_source), picture_to_source);
    double most = 0;
    int inside = 0;
    for (int y = 0; y < out.rows; ++y)
      for (int x = 0; x < out.cols; ++x) {
        const cv::Point2d p = apply(to_cells, {x + 0.5, y + 0.5});
        double want = 0;
        if (p.x >= 0 && p.y >= 0 && p.x < 31 && p.y < 25) {
          ++inside;
          const double u = std::clamp(p.x - 0.5, 0.0, 30.0), v = std::clamp(p.y - 0.5, 0.0, 24.0);
          const int i = std::min(int(u), 29), j = std::min(int(v), 23);
          const double a = u - i, b = v - j;
          want = (1 - b) * ((1 - a) * cells.at<float>(j, i) + a * cells.at<float>(j, i + 1)) +
                 b * ((1 - a) * cells.at<float>(j + 1, i) + a * cells.at<float>(j + 1, i + 1));
        }
        most = std::max(most, std::abs(want - out.at<float>(y, x)));
      }
    CHECK(inside > 500);
    CHECK(most < 1e-6);
  }
}

TEST_CASE("nearest takes the cell floor(i * in / out), for every pair of sizes") {
  for (int in = 1; in <= 13; ++in)
    for (int out = 1; out <= 40; ++out) {
      cv::Mat cells(1, in, CV_32F);
      for (int i = 0; i < in; ++i) cells.at<float>(i) = float(i);
      const cv::Mat met = upsample(cells, {out, 2}, {upsampling::nearest});
      int wrong = 0;
      for (int i = 0; i < out; ++i) wrong += int(met.at<float>(1, i)) != i * in / out;
      CHECK(wrong == 0);
    }
}

TEST_CASE("area is the mean of what a pixel covers: on paper, and the whole picture keeps its mean") {
  const cv::Mat cells = (cv::Mat_<float>(1, 3) << 3.f, 6.f, 9.f);
  const cv::Mat two = upsample(cells, {2, 1}, {upsampling::area});
  CHECK(two.at<float>(0) == doctest::Approx(4));  // 3 and half of 6
  CHECK(two.at<float>(1) == doctest::Approx(8));
  const cv::Mat four = upsample(cells, {4, 1}, {upsampling::area});
  CHECK(four.at<float>(1) == doctest::Approx(5));  // 0.75 to 1.5: a third of 3, two thirds of 6
  const cv::Mat map = noise({23, 17}, 3);
  for (const cv::Size size : {cv::Size(60, 40), cv::Size(23, 5), cv::Size(7, 90), cv::Size(1, 1)})
    CHECK(cv::mean(upsample(map, size, {upsampling::area}))[0] == doctest::Approx(cv::mean(map)[0]).epsilon(1e-6));
}

TEST_CASE("linear and cubic agree with cv::resize, nearest and area at whole factors") {
  const cv::Mat map = noise({15, 23}, 4);
  for (const cv::Size size : {cv::Size(960, 1472), cv::Size(100, 91), cv::Size(31, 24)}) {
    cv::Mat want;
    cv::resize(map, want, size, 0, 0, cv::INTER_LINEAR);
    CHECK(worst(upsample(map, size), want) < 1e-6);
    cv::resize(map, want, size, 0, 0, cv::INTER_CUBIC);
    CHECK(worst(upsample(map, size, {upsampling::cubic, true}), want) < 2e-6);
  }
  cv::Mat want;
  cv::resize(map, want, {960, 1472}, 0, 0, cv::INTER_NEAREST);
  CHECK(worst(upsample(map, {960, 1472}, {upsampling::nearest}), want) == 0);
  CHECK(worst(upsample(map, {960, 1472}, {upsampling::area}), want) < 1e-6);  // no pixel covers two cells
  const cv::Mat large = noise({60, 36}, 5);
  cv::resize(large, want, {15, 12}, 0, 0, cv::INTER_AREA);
  CHECK(worst(upsample(large, {15, 12}, {upsampling::area}), want) < 1e-6);
}

TEST_CASE("cubic is cut at the map's own range unless it may overshoot") {
  const cv::Mat step = (cv::Mat_<float>(1, 4) << 0.f, 0.f, 1.f, 1.f);
  double low = 0, high = 0;
  cv::minMaxIdx(upsample(step, {40, 3}, {upsampling::cubic, true}), &low, &high);
  CHECK(low < -0.05);
  CHECK(high > 1.05);
  cv::minMaxIdx(upsample(step, {40, 3}, {upsampling::cubic}), &low, &high);
  CHECK(low == 0);
  CHECK(high == 1);
}

TEST_CASE("a mirrored map is the mirror of the map, a turned one its turn, for each interpolation") {
  const cv::Mat map = noise({11, 7}, 6);
  const cv::Size size(40, 33);
  const frame stretch = resize_frame(size, map.size());  // from cells to pixels
  for (const upsampling how : all) {
    const cv::Mat plain = place_map(map, stretch, size, {}, {how});
    const frame mirrored = compose(flip_frame(size, true), stretch);
    CHECK(worst(place_map(map, mirrored, size, {}, {how}), flipped(plain, 1)) < 1e-6);
    const frame upside_down = compose(flip_frame(size, false), stretch);
    CHECK(worst(place_map(map, upside_down, size, {}, {how}), flipped(plain, 0)) < 1e-6);
    cv::Mat turned;
    cv::rotate(plain, turned, cv::ROTATE_90_CLOCKWISE);
    CHECK(worst(place_map(map, stretch, turned.size(), rotation_frame(size, 1), {how}), turned) < 1e-6);
  }
}

TEST_CASE("a stretched map keeps its corners: placing it again by its composed frame gives the same") {
  const cv::Mat map = noise({8, 12}, 7);
  const frame before{{16, 0, 3, 0, 16, -5}};
  const cv::Mat larger = upsample(map, {64, 96}, {upsampling::nearest});
  const frame after = compose(before, resize_frame(map.size(), larger.size()));
  CHECK(after == frame{{2, 0, 3, 0, 2, -5}});
  CHECK(apply(after, {64, 96}) == apply(before, {8, 12}));
  CHECK(worst(place_map(larger, after, {140, 200}, {}, {upsampling::nearest}),
              place_map(map, before, {140, 200}, {}, {upsampling::nearest})) == 0);
}

TEST_CASE("rows handed on one after the other are the whole map, channel by channel") {
  const int shape[3] = {3, 9, 6};
  cv::Mat map(3, shape, CV_32F);
  for (int c = 0; c < 3; ++c) noise({6, 9}, std::uint64_t(c + 8)).copyTo(cv::Mat(9, 6, CV_32F, map.ptr(c)));
  const cv::Size size(70, 300);
  for (const upsampling how : all) {
    std::vector<cv::Mat> rows;
    place_rows(map, {{5, 0, 2, 0, 31, 4}}, size, {}, {how}, [&](const cv::Mat& r) { rows.push_back(r); });
    CHECK(rows.size() > 3);
    cv::Mat joined;
    cv::vconcat(rows, joined);
    REQUIRE(joined.size() == cv::Size(70, 900));
    const cv::Mat stretched = upsample(map, size, {how});
    for (int c = 0; c < 3; ++c) {
      const cv::Mat cells(9, 6, CV_32F, map.ptr(c));
      CHECK(worst(joined.rowRange(300 * c, 300 * c + 300), place_map(cells, {{5, 0, 2, 0, 31, 4}}, size, {}, {how})) ==
            0);
      CHECK(worst(cv::Mat(300, 70, CV_32F, const_cast<uchar*>(stretched.ptr(c))), upsample(cells, size, {how})) == 0);
    }
  }
}

TEST_CASE("what is no map, no size or no frame is refused") {
  const cv::Mat map = noise({4, 4}, 11);
  CHECK_THROWS_AS(place_map({}, {}, {4, 4}, {}), const error&);
  CHECK_THROWS_AS(place_map(cv::Mat(4, 4, CV_8U), {}, {4, 4}, {}), const error&);
  CHECK_THROWS_AS(place_map(map, {}, {0, 4}, {}), const error&);
  CHECK_THROWS_AS(place_map(map, {{1, 0, 0, 2, 0, 0}}, {4, 4}, {}), const error&);
  CHECK_THROWS_AS(place_map(map, {{1, 0.1, 0, 0, 1, 0}}, {4, 4}, {}, {upsampling::area}), const error&);
  CHECK_THROWS_AS(place_rows(map, {}, {4, 4}, {}, {}, [](const cv::Mat&) {}), const error&);
  CHECK_THROWS_AS(upsample(map, {-1, 4}), const error&);
  CHECK(upsampling_named("cubic") == upsampling::cubic);
  CHECK_THROWS_AS(upsampling_named("lanczos"), const error&);
}
