// SPDX-License-Identifier: Apache-2.0
#include "medvision/geometry/boxes.hpp"

#include <algorithm>
#include <cmath>

namespace medvision {

cv::Rect2d map_box(const frame& f, const cv::Rect2d& b) {
  const cv::Point2d corners[4] = {apply(f, {b.x, b.y}), apply(f, {b.x + b.width, b.y}), apply(f, {b.x, b.y + b.height}),
                                  apply(f, {b.x + b.width, b.y + b.height})};
  auto [x0, x1] = std::minmax({corners[0].x, corners[1].x, corners[2].x, corners[3].x});
  auto [y0, y1] = std::minmax({corners[0].y, corners[1].y, corners[2].y, corners[3].y});
  return {x0, y0, x1 - x0, y1 - y0};
}

cv::Rect round_corners(const cv::Rect2d& b) {
  const int x0 = int(std::nearbyint(b.x)), x1 = int(std::nearbyint(b.x + b.width));
  const int y0 = int(std::nearbyint(b.y)), y1 = int(std::nearbyint(b.y + b.height));
  return {x0, y0, x1 - x0, y1 - y0};
}

cv::Rect clip(const cv::Rect& b, cv::Size size) {
  const int x0 = std::clamp(b.x, 0, size.width), x1 = std::clamp(b.x + b.width, 0, size.width);
  const int y0 = std::clamp(b.y, 0, size.height), y1 = std::clamp(b.y + b.height, 0, size.height);
  if (x1 <= x0 || y1 <= y0) return {};
  return {x0, y0, x1 - x0, y1 - y0};
}

double intersection_area(const cv::Rect2d& a, const cv::Rect2d& b) {
  const double w = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double h = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0.0;
}

}  // namespace medvision
