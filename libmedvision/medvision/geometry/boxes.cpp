// SPDX-License-Identifier: Apache-2.0
#include "medvision/geometry/boxes.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace medvision {

cv::Rect2d map_box(const frame& f, const cv::Rect2d& b) {
  const cv::Point2d corners[4] = {apply(f, {b.x, b.y}), apply(f, {b.x + b.width, b.y}), apply(f, {b.x, b.y + b.height}),
                                  apply(f, {b.x + b.width, b.y + b.height})};
  auto [x0, x1] = std::minmax({corners[0].x, corners[1].x, corners[2].x, corners[3].x});
  auto [y0, y1] = std::minmax({corners[0].y, corners[1].y, corners[2].y, corners[3].y});
  return {x0, y0, x1 - x0, y1 - y0};
}

cv::Rect round_corners(const cv::Rect2d& b) {
  // A manifest may hold any number; no picture reaches this far.
  const auto whole = [](double v) { return int(std::nearbyint(std::clamp(v, -1073741823.0, 1073741823.0))); };
  const int x0 = whole(b.x), x1 = whole(b.x + b.width);
  const int y0 = whole(b.y), y1 = whole(b.y + b.height);
  return {x0, y0, x1 - x0, y1 - y0};
}

cv::Rect clip(const cv::Rect& b, cv::Size size) {
  const int x0 = std::clamp(b.x, 0, size.width),
            x1 = int(std::clamp<std::int64_t>(std::int64_t(b.x) + b.width, 0, size.width));
  const int y0 = std::clamp(b.y, 0, size.height),
            y1 = int(std::clamp<std::int64_t>(std::int64_t(b.y) + b.height, 0, size.height));
  if (x1 <= x0 || y1 <= y0) return {};
  return {x0, y0, x1 - x0, y1 - y0};
}

double intersection_area(const cv::Rect2d& a, const cv::Rect2d& b) {
  const double w = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double h = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0.0;
}

}  // namespace medvision
