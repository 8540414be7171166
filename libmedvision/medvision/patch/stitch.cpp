// SPDX-License-Identifier: Apache-2.0
// Weighted sums by row, closed from above; patch maps placed by their frames.
#include "medvision/patch/stitch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <utility>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

/// Gaussian over the cells of one axis, 1 at the middle, sigma an eighth of the length; rounded to float so that a
/// weighted float is exact in double.
std::vector<double> bell(int length) {
  std::vector<double> weights(static_cast<std::size_t>(length));
  const double middle = length / 2.0, sigma = length / 8.0;
  for (int i = 0; i < length; ++i) {
    const double t = (i + 0.5 - middle) / sigma;
    weights[std::size_t(i)] = float(std::exp(-0.5 * t * t));
  }
  return weights;
}

void check_patch(const cv::Rect& box, const cv::Mat& patch, int channels) {
  const bool flat = patch.dims == 2;
  if ((!flat && patch.dims != 3) || patch.type() != CV_32FC1 || !patch.isContinuous())
    throw error("E_SHAPE", fmt::format("a patch map of {} dimensions and type {}, two or three of 32-bit floats in one "
                                       "block are needed",
                                       patch.dims, patch.type()));
  const int c = flat ? 1 : patch.size[0], h = patch.size[flat ? 0 : 1], w = patch.size[flat ? 1 : 2];
  if (c != channels || h != box.height || w != box.width)
    throw error("E_SHAPE",
                fmt::format("a patch map of {}x{}x{}, {}x{}x{} is needed", c, h, w, channels, box.height, box.width));
  const float* values = patch.ptr<float>();
  const bool finite = std::all_of(values, values + patch.total(), [](float v) { return std::isfinite(v); });
  if (!finite)
    throw error("E_NONFINITE", fmt::format("the patch map at column {}, row {} holds NaN or infinity", box.x, box.y));
}

/// Adds `count` cells that lie `plane` apart by channel in the patch and `width` apart in the row's sums.
struct row_part {
  double* sums;
  const float* values;
  int count, channels;
  std::size_t width, plane;
};

void add_weighted(const row_part& r, const double* weights, double row_weight) {
  for (int c = 0; c < r.channels; ++c) {
    double* sum = r.sums + c * r.width;
    const float* value = r.values + c * r.plane;
    for (int x = 0; x < r.count; ++x) sum[x] += double(float(weights[x] * row_weight)) * value[x];
  }
  double* weight = r.sums + r.channels * r.width;
  for (int x = 0; x < r.count; ++x) weight[x] += float(weights[x] * row_weight);
}

void add_largest(const row_part& r) {
  double* touched = r.sums + r.channels * r.width;
  for (int c = 0; c < r.channels; ++c)
    for (int x = 0; x < r.count; ++x) {
      double& largest = r.sums[c * r.width + x];
      const double value = r.values[c * r.plane + x];
      if (touched[x] == 0 || value > largest) largest = value;
    }
  std::fill(touched, touched + r.count, 1.0);
}

/// The weight plane holds 1 + 4 x the squared distance from the owner's centre.
void add_nearest(const row_part& r, const cv::Rect& box, int x0, int y) {
  double* distance = r.sums + r.channels * r.width;
  const double dy = 2.0 * (y - box.y) + 1 - box.height;
  for (int x = 0; x < r.count; ++x) {
    const double dx = 2.0 * (x0 + x - box.x) + 1 - box.width, d = 1 + dx * dx + dy * dy;
    if (distance[x] != 0 && distance[x] <= d) continue;
    distance[x] = d;
    for (int c = 0; c < r.channels; ++c) r.sums[c * r.width + x] = r.values[c * r.plane + x];
  }
}

struct placed {
  cv::Rect box;   // cells
  cv::Size cell;  // parent pixels
};

/// Numbers that differ by the rounding of a few products of frames.
bool near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(1.0, std::abs(b)); }

placed place(const patch_map& p, const frame& to_parent, std::size_t index) {
  const std::array<double, 6> m = compose(to_parent, p.to_source).m;
  const double across = std::nearbyint(m[0]), down = std::nearbyint(m[4]);
  if (!(near(m[1], 0) && near(m[3], 0) && near(m[0], across) && near(m[4], down) && across >= 1 && down >= 1))
    throw error("E_FRAME", fmt::format("a cell of patch {} covers {:g}x{:g} pixels of the parent, whole numbers "
                                       "without a turn are needed",
                                       index, m[0], m[4]));
  const double left = std::nearbyint(m[2] / across), top = std::nearbyint(m[5] / down);
  if (!(near(m[2], left * across) && near(m[5], top * down)))
    throw error("E_FRAME", fmt::format("the map of patch {} begins at ({:g}, {:g}) in the parent, multiples of its "
                                       "cells of {}x{} pixels are needed",
                                       index, m[2], m[5], across, down));
  const double right = (left + p.cells.width) * across, bottom = (top + p.cells.height) * down;
  if (left * across < p.cut.x || top * down < p.cut.y || right > double(p.cut.x) + p.cut.width ||
      bottom > double(p.cut.y) + p.cut.height)
    throw error(
        "E_FRAME",
        fmt::format("the map of patch {} covers [{}, {}) x [{}, {}) of the parent, but the patch was "
                    "cut at {},{} with {}x{} pixels",
                    index, left * across, right, top * down, bottom, p.cut.x, p.cut.y, p.cut.width, p.cut.height));
  return {{int(left), int(top), p.cells.width, p.cells.height}, {int(across), int(down)}};
}

}  // namespace

stitcher::stitcher(cv::Size size, int channels, blend how) : size_(size), channels_(channels), how_(how) {
  if (size.width <= 0 || size.height <= 0 || channels <= 0)
    throw error("E_SHAPE",
                fmt::format("a map of {}x{}x{} cells, positive sizes are needed", channels, size.height, size.width));
  const int shape[] = {channels, size.height, size.width};
  map_.create(3, shape, CV_32F);
  open_.resize(static_cast<std::size_t>(size.height));
}

void stitcher::add(const cv::Rect& box, const cv::Mat& patch) {
  check_patch(box, patch, channels_);
  const cv::Rect seen = clip(box, size_);
  if (seen.empty()) return;
  if (seen.y < closed_)
    throw error("E_ORDER", fmt::format("a patch begins at row {}, rows above {} are finished", seen.y, closed_));
  const bool bent = how_ == blend::gauss;
  const std::vector<double> across = bent ? bell(box.width) : std::vector<double>(std::size_t(box.width), 1.0);
  const std::vector<double> down = bent ? bell(box.height) : std::vector<double>(std::size_t(box.height), 1.0);
  const std::size_t width = std::size_t(size_.width), plane = std::size_t(box.width) * std::size_t(box.height);
  for (int y = seen.y; y < seen.br().y; ++y) {
    std::vector<double>& row = open_[std::size_t(y)];
    if (row.empty()) row.assign(width * std::size_t(channels_ + 1), 0.0);
    const row_part part{row.data() + seen.x,
                        patch.ptr<float>() + std::size_t(y - box.y) * box.width + (seen.x - box.x),
                        seen.width,
                        channels_,
                        width,
                        plane};
    if (how_ == blend::max)
      add_largest(part);
    else if (how_ == blend::crop)
      add_nearest(part, box, seen.x, y);
    else
      add_weighted(part, across.data() + (seen.x - box.x), down[std::size_t(y - box.y)]);
  }
}

void stitcher::close_rows_above(int y) {
  const bool summed = how_ == blend::mean || how_ == blend::gauss;
  for (; closed_ < std::min(y, size_.height); ++closed_) {
    std::vector<double>& row = open_[std::size_t(closed_)];
    const std::size_t width = std::size_t(size_.width);
    const double* weight = row.data() + std::size_t(channels_) * width;
    const std::size_t gap = row.empty() ? 0 : std::size_t(std::find(weight, weight + width, 0.0) - weight);
    if (gap < width)
      throw error("E_INCOMPLETE", fmt::format("no patch covers column {}, row {} of the map", gap, closed_));
    for (int c = 0; c < channels_; ++c) {
      const double* sum = row.data() + std::size_t(c) * width;
      float* to = map_.ptr<float>(c, closed_);
      for (std::size_t x = 0; x < width; ++x) to[x] = float(summed ? sum[x] / weight[x] : sum[x]);
    }
    row = {};
  }
}

cv::Mat stitcher::finish() {
  close_rows_above(size_.height);
  return std::move(map_);
}

cv::Mat even_map(const std::vector<double>& values, cv::Size size) {
  if (values.empty() || size.width <= 0 || size.height <= 0)
    throw error("E_SHAPE", fmt::format("{} values over {}x{} cells, some over a positive size are needed",
                                       values.size(), size.width, size.height));
  const int shape[] = {int(values.size()), size.height, size.width};
  cv::Mat map(3, shape, CV_32F);
  for (int c = 0; c < shape[0]; ++c) {
    const auto value = float(values[std::size_t(c)]);
    if (!std::isfinite(value)) throw error("E_NONFINITE", fmt::format("the value of channel {} is {}", c, value));
    std::fill_n(map.ptr<float>(c), std::size_t(size.width) * std::size_t(size.height), value);
  }
  return map;
}

cell_layout lay_cells(const std::vector<patch_map>& patches, cv::Size parent, const frame& parent_to_source,
                      std::int64_t max_cells) {
  if (patches.empty() || parent.width <= 0 || parent.height <= 0)
    throw error("E_SHAPE", fmt::format("{} patches of {}x{} pixels, some of a positive size are needed", patches.size(),
                                       parent.width, parent.height));
  cell_layout layout;
  const frame to_parent = invert(parent_to_source);
  for (std::size_t i = 0; i < patches.size(); ++i) {
    const placed p = place(patches[i], to_parent, i);
    if (i == 0) layout.cell = p.cell;
    if (p.cell != layout.cell)
      throw error("E_SHAPE", fmt::format("a cell of patch {} covers {}x{} pixels, one of patch 0 covers {}x{}", i,
                                         p.cell.width, p.cell.height, layout.cell.width, layout.cell.height));
    if (i > 0 && p.box.y < layout.boxes.back().y) layout.in_rows = false;
    layout.boxes.push_back(p.box);
  }
  const cv::Size cell = layout.cell;
  layout.size = {(parent.width + cell.width - 1) / cell.width, (parent.height + cell.height - 1) / cell.height};
  if (std::int64_t(layout.size.width) * layout.size.height > max_cells)
    throw error("E_TOO_LARGE", fmt::format("the parent's map of {}x{} cells has more than the {} allowed; --max-pixels "
                                           "raises it",
                                           layout.size.width, layout.size.height, max_cells));
  layout.to_source = compose(parent_to_source, frame{{double(cell.width), 0, 0, 0, double(cell.height), 0}});
  return layout;
}

blend blend_named(std::string_view word) {
  if (word == "mean") return blend::mean;
  if (word == "gauss") return blend::gauss;
  if (word == "crop") return blend::crop;
  if (word == "max") return blend::max;
  throw error("E_OPTION", fmt::format("'{}' is no blend: mean, gauss, crop or max", word), blame::request);
}

}  // namespace medvision
