// SPDX-License-Identifier: Apache-2.0
#include "medvision/geometry/frame.hpp"

#include <fmt/format.h>

#include <cmath>

#include "medvision/error.hpp"

namespace medvision {

cv::Point2d apply(const frame& f, cv::Point2d p) {
  return {f.m[0] * p.x + f.m[1] * p.y + f.m[2], f.m[3] * p.x + f.m[4] * p.y + f.m[5]};
}

frame compose(const frame& outer, const frame& inner) {
  const auto& a = outer.m;
  const auto& b = inner.m;
  return {{a[0] * b[0] + a[1] * b[3], a[0] * b[1] + a[1] * b[4], a[0] * b[2] + a[1] * b[5] + a[2],
           a[3] * b[0] + a[4] * b[3], a[3] * b[1] + a[4] * b[4], a[3] * b[2] + a[4] * b[5] + a[5]}};
}

frame invert(const frame& f) {
  const auto& m = f.m;
  const double det = m[0] * m[4] - m[1] * m[3];
  if (!std::isfinite(det) || det == 0.0)
    throw error("E_FRAME", fmt::format("the frame has determinant {}, a finite non-zero one is needed", det));
  const frame r{{m[4] / det, -m[1] / det, (m[1] * m[5] - m[4] * m[2]) / det,  //
                 -m[3] / det, m[0] / det, (m[3] * m[2] - m[0] * m[5]) / det}};
  for (double v : r.m)
    if (!std::isfinite(v)) throw error("E_FRAME", "the inverse of the frame is not finite");
  return r;
}

frame crop_frame(double left, double top) { return {{1, 0, left, 0, 1, top}}; }

frame resize_frame(cv::Size from, cv::Size to) {
  if (from.width <= 0 || from.height <= 0 || to.width <= 0 || to.height <= 0)
    throw error("E_FRAME", fmt::format("a resize from {}x{} to {}x{} needs positive sizes", from.width, from.height,
                                       to.width, to.height));
  return {{double(from.width) / to.width, 0, 0, 0, double(from.height) / to.height, 0}};
}

frame flip_frame(cv::Size size, bool horizontal) {
  if (horizontal) return {{-1, 0, double(size.width), 0, 1, 0}};
  return {{1, 0, 0, 0, -1, double(size.height)}};
}

frame rotation_frame(cv::Size size, int quarter_turns) {
  switch (((quarter_turns % 4) + 4) % 4) {
    case 1:
      return {{0, 1, 0, -1, 0, double(size.height)}};
    case 2:
      return {{-1, 0, double(size.width), 0, -1, double(size.height)}};
    case 3:
      return {{0, -1, double(size.width), 1, 0, 0}};
    default:
      return {};
  }
}

double area_scale(const frame& f) { return std::abs(f.m[0] * f.m[4] - f.m[1] * f.m[3]); }

bool is_pixel_exact(const frame& f) {
  const auto& m = f.m;
  const bool upright = std::abs(m[0]) == 1 && m[1] == 0 && m[3] == 0 && std::abs(m[4]) == 1;
  const bool turned = m[0] == 0 && std::abs(m[1]) == 1 && std::abs(m[3]) == 1 && m[4] == 0;
  return (upright || turned) && m[2] == std::nearbyint(m[2]) && m[5] == std::nearbyint(m[5]);
}

}  // namespace medvision
