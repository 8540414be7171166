// SPDX-License-Identifier: Apache-2.0
// Random sample consensus and Gauss-Newton for circles.
#include "medvision/crop/circle.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

namespace medvision {
namespace {

double gap(const circle& c, cv::Point2d p) { return std::hypot(p.x - c.centre.x, p.y - c.centre.y) - c.radius; }

/// Through three points; radius 0 when they are nearly in line.
circle through(cv::Point2d a, cv::Point2d b, cv::Point2d c) {
  b -= a;
  c -= a;
  const double twice = 2 * b.cross(c), bb = b.dot(b), cc = c.dot(c);
  if (std::abs(twice) < 1e-6 * (bb + cc)) return {};
  const cv::Point2d centre((c.y * bb - b.y * cc) / twice, (b.x * cc - c.x * bb) / twice);
  return {a + centre, std::hypot(centre.x, centre.y)};
}

/// One Gauss-Newton step over the points within `reach` of the circle; false when too few are.
bool step(const std::vector<cv::Point2d>& points, double reach, circle& c) {
  cv::Matx33d normal = cv::Matx33d::zeros();
  cv::Vec3d right(0, 0, 0);
  int used = 0;
  for (const auto& p : points) {
    const double r = gap(c, p), distance = r + c.radius;
    if (std::abs(r) > reach || distance <= 0) continue;
    const cv::Vec3d j((p.x - c.centre.x) / distance, (p.y - c.centre.y) / distance, 1);
    normal += j * j.t();
    right += r * j;
    ++used;
  }
  bool solved = false;
  if (used < 8) return false;
  const cv::Vec3d move = normal.inv(cv::DECOMP_LU, &solved) * right;
  if (!solved || c.radius + move[2] <= 0) return false;
  c.centre += cv::Point2d(move[0], move[1]);
  c.radius += move[2];
  return true;
}

}  // namespace

circle fit_circle(const std::vector<cv::Point2d>& points, const circle& from) {
  circle c = from;
  for (int round = 0; round < 8; ++round) {
    std::vector<double> gaps;
    for (const auto& p : points) gaps.push_back(std::abs(gap(c, p)));
    if (gaps.size() < 8) return from;
    const auto middle = gaps.begin() + std::ptrdiff_t(gaps.size() / 2);
    std::nth_element(gaps.begin(), middle, gaps.end());
    // Wide at first, so that a start that fits one side well does not shut the other side out.
    if (!step(points, std::max({4 * *middle, 0.5, std::ldexp(0.06 * c.radius, -round)}), c)) return from;
  }
  return c;
}

circle consensus_circle(const std::vector<cv::Point2d>& points, cv::Size size) {
  if (points.size() < 8) return {};
  const double least = 0.2 * std::min(size.width, size.height), most = size.width + size.height;
  cv::RNG random(20121);
  circle best;
  int best_count = 7;
  const std::size_t stride = std::max<std::size_t>(1, points.size() / 500);
  for (int trial = 0; trial < 400; ++trial) {
    const auto any = [&] { return points[std::size_t(random.uniform(0, int(points.size())))]; };
    const circle c = through(any(), any(), any());
    if (c.radius < least || c.radius > most) continue;
    const double reach = std::max(1.0, 0.006 * c.radius);
    const double low = (c.radius - reach) * (c.radius - reach), high = (c.radius + reach) * (c.radius + reach);
    int count = 0;
    for (std::size_t i = 0; i < points.size(); i += stride) {
      const cv::Point2d d = points[i] - c.centre;
      const double squared = d.dot(d);
      count += squared >= low && squared <= high;
    }
    if (count > best_count) best = c, best_count = count;
  }
  if (best.radius == 0) return {};
  std::vector<cv::Point2d> near;
  for (const auto& p : points)
    if (std::abs(gap(best, p)) <= std::max(1.5, 0.01 * best.radius)) near.push_back(p);
  return fit_circle(near, best);
}

cv::Mat disk_mask(const circle& c, const cv::Rect& kept, cv::Size size) {
  cv::Mat mask = cv::Mat::zeros(size, CV_8U);
  for (int y = kept.y; y < kept.y + kept.height; ++y) {
    const double dy = y + 0.5 - c.centre.y, left = c.radius * c.radius - dy * dy;
    if (left < 0) continue;
    const double half = std::sqrt(left);
    const int x0 = std::max(kept.x, int(std::ceil(c.centre.x - half - 0.5)));
    const int x1 = std::min(kept.x + kept.width, int(std::floor(c.centre.x + half - 0.5)) + 1);
    if (x1 > x0) mask.row(y).colRange(x0, x1).setTo(255);
  }
  return mask;
}

double rim_support(const circle& rim, const std::vector<cv::Point2d>& points, const cv::Rect2d& visible) {
  if (rim.radius <= 0) return 0;
  const int bins = std::clamp(int(2 * CV_PI * rim.radius / 4), 36, 360);
  const double reach = std::max(1.5, 0.01 * rim.radius);
  std::vector<bool> met(std::size_t(bins), false);
  for (const auto& p : points)
    if (std::abs(gap(rim, p)) <= reach) {
      const double turn = std::atan2(p.y - rim.centre.y, p.x - rim.centre.x) / (2 * CV_PI) + 1;
      met[std::size_t(turn * bins) % std::size_t(bins)] = true;
    }
  int inside = 0, supported = 0;
  for (int i = 0; i < bins; ++i) {
    const double angle = 2 * CV_PI * (i + 0.5) / bins;
    const cv::Point2d at = rim.centre + rim.radius * cv::Point2d(std::cos(angle), std::sin(angle));
    if (!visible.contains(at)) continue;
    ++inside;
    supported += met[std::size_t(i)];
  }
  return 20 * inside < bins ? 0 : double(supported) / inside;
}

}  // namespace medvision
