// SPDX-License-Identifier: Apache-2.0
// Upright and quarter-turned maps by a table of cells and weights for each axis, others pixel by pixel.
#include "medvision/saliency/upsample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

/// Which cells make each pixel along one axis: `count` a pixel, with their weights.
struct axis_table {
  int count = 1;
  std::vector<int> cell;
  std::vector<float> weight;
  std::vector<bool> inside;
};

struct placing {
  cv::Mat cells;  ///< turned upright when they lay on their side
  frame to_cells;
  bool upright = true;
  axis_table across, down;
  double low = -std::numeric_limits<double>::infinity(), high = -low;  ///< values are cut there
};

/// Frames are products, and off a whole number by their rounding.
double snap(double v) {
  const double whole = std::nearbyint(v);
  return std::abs(v - whole) < 1e-9 ? whole : v;
}

std::array<double, 4> cubic_weights(double t) {
  constexpr double a = -0.75;
  const auto near = [](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

/// Pixel i covers the cells from scale·i + shift to scale·(i+1) + shift. Nearest takes the cell of the pixel's centre;
/// but where pixels begin at the edge of a cell, that of its first corner, as floor(i·cells/pixels) has it.
axis_table lay_axis(int pixels, int cells, double scale, double shift, upsampling how) {
  axis_table t;
  t.count = how == upsampling::nearest  ? 1
            : how == upsampling::linear ? 2
            : how == upsampling::cubic  ? 4
                                        : int(std::min(std::ceil(std::abs(scale)) + 1, double(cells)));
  const double edge = snap(scale < 0 ? scale * pixels + shift : shift);
  const bool by_corners = edge == std::floor(edge);
  for (int i = 0; i < pixels; ++i) {
    const double begin = snap(scale * i + shift), end = snap(scale * (i + 1) + shift);
    const double low = std::clamp(std::min(begin, end), 0.0, double(cells)),
                 high = std::clamp(std::max(begin, end), 0.0, double(cells));
    const double centre = snap(scale * (i + 0.5) + shift);
    const double at = std::clamp(snap(centre - 0.5), -1.0, double(cells));
    t.inside.push_back(centre >= 0 && centre < cells);
    const double place = how == upsampling::area ? low : how != upsampling::nearest ? at : by_corners ? low : centre;
    int first = int(std::floor(place));
    const double part = at - first;
    if (how == upsampling::cubic) --first;
    const auto cubic = cubic_weights(part);
    for (int k = 0; k < t.count; ++k) {
      const double covered = std::max(0.0, std::min(high, first + k + 1.0) - std::max(low, double(first + k)));
      const double weight = how == upsampling::nearest  ? 1
                            : how == upsampling::linear ? (k == 0 ? 1 - part : part)
                            : how == upsampling::cubic  ? cubic[std::size_t(k)]
                            : high > low                ? covered / (high - low)
                                                        : 0;
      t.cell.push_back(std::clamp(first + k, 0, cells - 1));
      t.weight.push_back(float(weight));
    }
  }
  return t;
}

placing lay_out(const cv::Mat& cells, const frame& cells_to_source, cv::Size size, const frame& picture_to_source,
                const upsample_parameters& o) {
  if (cells.empty() || cells.dims != 2 || cells.type() != CV_32F || size.width < 1 || size.height < 1)
    throw error("E_SHAPE", fmt::format("a map of 32F is placed on a picture; met {} for {}x{}",
                                       cv::typeToString(cells.type()), size.width, size.height));
  const cv::Rect2d there = map_box(cells_to_source, {0, 0, double(cells.cols), double(cells.rows)});
  const cv::Rect2d here = map_box(picture_to_source, {0, 0, double(size.width), double(size.height)});
  if ((there & here).empty())
    throw error("E_FRAME",
                fmt::format("the map lies beside the picture: {}x{} from ({}, {}) on, the picture {}x{} from ({}, {}) "
                            "on, in pixels of the source",
                            there.width, there.height, there.x, there.y, here.width, here.height, here.x, here.y));
  placing p{cells, compose(invert(cells_to_source), picture_to_source), true, {}, {}};
  if (o.how == upsampling::cubic && !o.overshoot) cv::minMaxIdx(cells, &p.low, &p.high);
  auto m = p.to_cells.m;
  if (m[0] == 0 && m[4] == 0) {
    cv::transpose(cells, p.cells);
    m = {m[3], 0, m[5], 0, m[1], m[2]};
  }
  p.upright = m[1] == 0 && m[3] == 0;
  if (p.upright) {
    p.across = lay_axis(size.width, p.cells.cols, m[0], m[2], o.how);
    p.down = lay_axis(size.height, p.cells.rows, m[4], m[5], o.how);
  } else if (o.how == upsampling::area || o.how == upsampling::cubic) {
    throw error("E_FRAME", "the map lies askew to the picture: only nearest and linear are done then");
  }
  return p;
}

void fill_row(const placing& p, int y, float* out, int width, std::vector<float>& mixed) {
  if (!p.down.inside[std::size_t(y)]) {
    std::fill_n(out, width, 0.f);
    return;
  }
  std::fill(mixed.begin(), mixed.end(), 0.f);
  for (int k = 0; k < p.down.count; ++k) {
    const float weight = p.down.weight[std::size_t(y) * p.down.count + k];
    if (weight == 0) continue;
    const float* row = p.cells.ptr<float>(p.down.cell[std::size_t(y) * p.down.count + k]);
    for (int x = 0; x < p.cells.cols; ++x) mixed[std::size_t(x)] += weight * row[x];
  }
  const int *cell = p.across.cell.data(), count = p.across.count;
  const float* weight = p.across.weight.data();
  for (int x = 0; x < width; ++x, cell += count, weight += count) {
    float sum = 0;
    for (int k = 0; k < count; ++k) sum += weight[k] * mixed[std::size_t(cell[k])];
    out[x] = p.across.inside[std::size_t(x)] ? std::clamp(sum, float(p.low), float(p.high)) : 0.f;
  }
}

void fill_row_askew(const placing& p, int y, float* out, int width, upsampling how) {
  const cv::Mat& c = p.cells;
  for (int x = 0; x < width; ++x) {
    const cv::Point2d at = apply(p.to_cells, {x + 0.5, y + 0.5});
    out[x] = 0;
    if (!(at.x >= 0 && at.y >= 0 && at.x < c.cols && at.y < c.rows)) continue;
    if (how == upsampling::nearest) {
      out[x] = c.at<float>(int(at.y), int(at.x));
      continue;
    }
    const double u = std::clamp(at.x - 0.5, 0.0, c.cols - 1.0), v = std::clamp(at.y - 0.5, 0.0, c.rows - 1.0);
    const int i = int(u), j = int(v), i1 = std::min(i + 1, c.cols - 1), j1 = std::min(j + 1, c.rows - 1);
    const double above = (1 - (u - i)) * c.at<float>(j, i) + (u - i) * c.at<float>(j, i1);
    const double below = (1 - (u - i)) * c.at<float>(j1, i) + (u - i) * c.at<float>(j1, i1);
    out[x] = float((1 - (v - j)) * above + (v - j) * below);
  }
}

cv::Mat rows_between(const placing& p, int begin, int end, int width, upsampling how) {
  cv::Mat out(end - begin, width, CV_32F);
  std::vector<float> mixed(std::size_t(p.cells.cols));
  for (int y = begin; y < end; ++y)
    if (p.upright)
      fill_row(p, y, out.ptr<float>(y - begin), width, mixed);
    else
      fill_row_askew(p, y, out.ptr<float>(y - begin), width, how);
  return out;
}

/// One channel of C×H×W, its own pixels; nothing is copied.
cv::Mat channel_of(const cv::Mat& map, int channel) {
  return {map.size[1], map.size[2], CV_32F, const_cast<uchar*>(map.ptr(channel)), map.step[1]};
}

void check_map(const cv::Mat& map) {
  if (map.dims != 3 || map.type() != CV_32F || map.empty())
    throw error("E_SHAPE", fmt::format("a map is channels x rows x columns of 32F; met {} axes of {}", map.dims,
                                       cv::typeToString(map.type())));
}

}  // namespace

cv::Mat place_map(const cv::Mat& cells, const frame& cells_to_source, cv::Size size, const frame& picture_to_source,
                  const upsample_parameters& p) {
  const placing plan = lay_out(cells, cells_to_source, size, picture_to_source, p);
  if (plan.to_cells == frame{} && cells.size() == size) return cells;
  return rows_between(plan, 0, size.height, size.width, p.how);
}

void place_rows(const cv::Mat& map, const frame& map_to_source, cv::Size size, const frame& picture_to_source,
                const upsample_parameters& p, const std::function<void(const cv::Mat& rows)>& take) {
  check_map(map);
  constexpr int band = 128;
  for (int c = 0; c < map.size[0]; ++c) {
    const placing plan = lay_out(channel_of(map, c), map_to_source, size, picture_to_source, p);
    for (int y = 0; y < size.height; y += band)
      take(rows_between(plan, y, std::min(y + band, size.height), size.width, p.how));
  }
}

cv::Mat upsample(const cv::Mat& map, cv::Size size, const upsample_parameters& p) {
  if (map.dims == 2) return place_map(map, {}, size, resize_frame(map.size(), size), p);
  check_map(map);
  const int shape[3] = {map.size[0], size.height, size.width};
  const frame step = resize_frame({map.size[2], map.size[1]}, size);
  cv::Mat out(3, shape, CV_32F);
  for (int c = 0; c < shape[0]; ++c) {
    cv::Mat channel = channel_of(out, c);
    place_map(channel_of(map, c), {}, size, step, p).copyTo(channel);
  }
  return out;
}

upsampling upsampling_named(std::string_view word) {
  if (word == "nearest") return upsampling::nearest;
  if (word == "linear") return upsampling::linear;
  if (word == "area") return upsampling::area;
  if (word == "cubic") return upsampling::cubic;
  throw error("E_OPTION", fmt::format("'{}' is no interpolation: nearest, linear, area or cubic", word),
              blame::request);
}

}  // namespace medvision
