// SPDX-License-Identifier: Apache-2.0
#include "medvision/select/window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "medvision/error.hpp"

namespace medvision {
namespace {

/// Frames are products, and off a whole number by their rounding.
double snap(double v) {
  const double whole = std::nearbyint(v);
  return std::abs(v - whole) < 1e-6 ? whole : v;
}

/// The pixels that all cells of one axis cover, negative when it is mirrored, and where they begin.
struct axis {
  int cells = 0;
  double extent = 0, shift = 0;
  [[nodiscard]] double place(int cell) const { return double(cell) / cells * extent + shift; }
};

std::array<axis, 2> axes_of(cv::Size map, const frame& f) {
  const auto& m = f.m;
  if (m[1] != 0 || m[3] != 0 || m[0] == 0 || m[4] == 0)
    throw error("E_FRAME", "the map lies turned or askew to the picture; regions are chosen on an upright one");
  return {axis{map.width, snap(m[0] * map.width), snap(m[2])}, axis{map.height, snap(m[4] * map.height), snap(m[5])}};
}

}  // namespace

cv::Size window_in_cells(cv::Size window, cv::Size map, const frame& map_to_picture) {
  const auto [x, y] = axes_of(map, map_to_picture);
  const auto cells = [](int side, const axis& a) {
    return std::nearbyint(double(side) * a.cells / std::abs(a.extent));
  };
  const double w = cells(window.width, x), h = cells(window.height, y);
  if (!(w >= 1 && h >= 1 && w <= map.width && h <= map.height))
    throw error("E_WINDOW",
                fmt::format("a window of {}x{} pixels is {}x{} cells of a map of {}x{}: at least one and at "
                            "most all are needed",
                            window.width, window.height, w, h, map.width, map.height));
  return {int(w), int(h)};
}

cv::Rect window_in_picture(const cv::Rect& cells, cv::Size map, const frame& map_to_picture, cv::Size window) {
  const auto [x, y] = axes_of(map, map_to_picture);
  const double left = std::min(x.place(cells.x), x.place(cells.x + cells.width));
  const double top = std::min(y.place(cells.y), y.place(cells.y + cells.height));
  // A manifest may hold any frame; no picture reaches this far.
  const auto whole = [](double v) { return int(std::nearbyint(std::clamp(v, -1e9, 1e9))); };
  return {{whole(left), whole(top)}, window};
}

}  // namespace medvision
