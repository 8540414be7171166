// SPDX-License-Identifier: Apache-2.0
// Tiles against the whole.
#include "medvision/infer/tiling.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/infer/input_blob.hpp"

using namespace medvision;

namespace {
cv::Mat noise(int rows, int columns) {
  cv::Mat m(rows, columns, CV_32F);
  cv::RNG(5).fill(m, cv::RNG::UNIFORM, 0, 1);
  return m;
}
/// A network of reach 3 with zeros outside: a 7x7 kernel.
cv::Mat kernel() {
  cv::Mat k = noise(7, 7);
  return k / cv::sum(k)[0];
}
cv::Mat filtered(const cv::Mat& picture) {
  cv::Mat out;
  cv::filter2D(picture, out, CV_32F, kernel(), {-1, -1}, 0, cv::BORDER_CONSTANT);
  return out;
}
std::vector<cv::Mat> same_pass(const std::vector<cv::Mat>& tiles) {
  std::vector<cv::Mat> out;
  for (const cv::Mat& t : tiles) out.push_back(filtered(t));
  return {stack_blob(out).clone()};
}
std::vector<cv::Mat> valid_pass(const std::vector<cv::Mat>& tiles) {
  std::vector<cv::Mat> out;
  for (const cv::Mat& t : tiles) out.push_back(filtered(t)(cv::Rect(3, 3, t.cols - 6, t.rows - 6)).clone());
  return {stack_blob(out).clone()};
}
std::vector<cv::Mat> identity_pass(const std::vector<cv::Mat>& tiles) { return {stack_blob(tiles).clone()}; }
std::vector<cv::Mat> quarter_pass(const std::vector<cv::Mat>& tiles) {
  std::vector<cv::Mat> out;
  for (const cv::Mat& t : tiles) cv::resize(t, out.emplace_back(), {t.cols / 4, t.rows / 4}, 0, 0, cv::INTER_AREA);
  return {stack_blob(out).clone()};
}
tiling_parameters tiles_of(int size, int overlap, int multiple = 1) {
  tiling_parameters p;
  p.tile.size = {size, size};
  p.tile.overlap = overlap;
  p.multiple = multiple;
  return p;
}
cv::Mat plane(const cv::Mat& map) { return {map.size[1], map.size[2], CV_32F, const_cast<float*>(map.ptr<float>())}; }
cv::Mat run(const cv::Mat& picture, const tiling_parameters& p, const tile_pass& pass) {
  return plane(infer_in_tiles(picture, p, pass)[0].values).clone();
}
}  // namespace

TEST_CASE(
    "property: with a network that changes nothing, any size, overlap, multiple, blend and batch give the picture") {
  for (const auto& [rows, columns] : {std::pair{1, 1}, {5, 90}, {16, 16}, {33, 47}, {64, 65}})
    for (const int overlap : {0, 1, 5, 15})
      for (const int multiple : {1, 4, 16})
        for (const bool mean : {false, true})
          for (const int batch : {1, 3}) {
            tiling_parameters p = tiles_of(16, overlap, multiple);
            p.tile.mean = mean;
            p.batch = batch;
            const cv::Mat m = noise(rows, columns);
            CAPTURE(rows);
            CAPTURE(columns);
            CAPTURE(overlap);
            CAPTURE(multiple);
            CAPTURE(mean);
            CHECK(cv::norm(run(m, p, identity_pass), m, cv::NORM_INF) == 0);
          }
}

TEST_CASE("property: tiles that overlap by twice the network's reach give what one pass gives, at the edges too") {
  const cv::Mat m = noise(75, 101), whole = filtered(m);
  for (const int size : {16, 24, 40, 200})
    for (const int overlap : {6, 7, 12}) {
      CAPTURE(size);
      CAPTURE(overlap);
      CHECK(cv::norm(run(m, tiles_of(size, overlap), same_pass), whole, cv::NORM_INF) < 1e-6);
    }
}

TEST_CASE("tiles that overlap by less show seams: the property above is not empty") {
  const cv::Mat m = noise(75, 101), whole = filtered(m);
  CHECK(cv::norm(run(m, tiles_of(16, 2), same_pass), whole, cv::NORM_INF) > 1e-3);
}

TEST_CASE("valid convolutions: with the margin mirrored in, tiles are the whole picture's mirrored pass, everywhere") {
  const cv::Mat m = noise(50, 61);
  cv::Mat whole;
  cv::filter2D(m, whole, CV_32F, kernel(), {-1, -1}, 0, cv::BORDER_REFLECT_101);
  for (const bool mean : {false, true})
    for (const int overlap : {0, 3}) {
      tiling_parameters p = tiles_of(22, overlap);
      p.tile.margin = 3;
      p.tile.mean = mean;
      CHECK(cv::norm(run(m, p, valid_pass), whole, cv::NORM_INF) < 1e-6);
    }
}

TEST_CASE("the mean blend lays tiles from the corner at their stride and pads zeros to fit") {
  int passes = 0;
  tiling_parameters p = tiles_of(48, 43);
  p.tile.mean = true;
  p.tile.pad = padding::zero;
  p.batch = 1;
  const cv::Mat m = noise(58, 55);  // 58: (58 - 48) / 5 = 2 steps; 55: 1.4 steps, padded to 58
  std::vector<cv::Mat> seen;
  infer_in_tiles(m, p, [&](const std::vector<cv::Mat>& t) {
    ++passes;
    seen.push_back(t[0].clone());
    return identity_pass(t);
  });
  CHECK(passes == 9);
  CHECK(cv::norm(seen[2](cv::Rect(45, 0, 3, 48)), cv::NORM_INF) == 0);
  CHECK(cv::norm(seen[2](cv::Rect(0, 0, 45, 48)), m(cv::Rect(10, 0, 45, 48)), cv::NORM_INF) == 0);
}

TEST_CASE("a pooled output is put together cell by cell, where tiles begin on whole cells") {
  const cv::Mat m = noise(64, 96);
  cv::Mat whole;
  cv::resize(m, whole, {24, 16}, 0, 0, cv::INTER_AREA);
  const auto made = infer_in_tiles(m, tiles_of(32, 8, 4), quarter_pass);
  CHECK(made[0].cell == cv::Size(4, 4));
  CHECK(cv::norm(plane(made[0].values), whole, cv::NORM_INF) < 1e-6);
  CHECK_THROWS_AS(infer_in_tiles(m, tiles_of(32, 7, 1), quarter_pass), error);
}

TEST_CASE("the network sees one shape only: the last batch is filled up") {
  tiling_parameters p = tiles_of(16, 4);
  p.batch = 4;
  std::vector<std::size_t> counts;
  infer_in_tiles(noise(16, 64), p, [&](const std::vector<cv::Mat>& t) {
    counts.push_back(t.size());
    return identity_pass(t);
  });
  CHECK(counts == std::vector<std::size_t>{4, 4});
}

TEST_CASE("tiles that leave no step, that are no multiple, or outputs that are no maps are refused") {
  CHECK_THROWS_AS(infer_in_tiles(noise(40, 40), tiles_of(16, 16), identity_pass), error);
  CHECK_THROWS_AS(infer_in_tiles(noise(40, 40), tiles_of(18, 2, 4), identity_pass), error);
  const auto scores = [](const std::vector<cv::Mat>& t) {
    return std::vector{cv::Mat(int(t.size()), 3, CV_32F, cv::Scalar(0))};
  };
  CHECK_THROWS_AS(infer_in_tiles(noise(40, 40), tiles_of(16, 4), scores), error);
}

TEST_CASE("a picture no larger than a tile goes whole, unless a mean over tiles was asked for") {
  tiling_parameters p = tiles_of(32, 4);
  CHECK_FALSE(needs_tiles({32, 32}, p));
  CHECK(needs_tiles({33, 8}, p));
  p.tile.margin = 2;
  CHECK(needs_tiles({32, 32}, p));
  p.tile.mean = true;
  CHECK(needs_tiles({4, 4}, p));
}
