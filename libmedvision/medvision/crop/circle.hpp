// SPDX-License-Identifier: Apache-2.0
// Which circle do most of these points lie on?
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

namespace medvision {

struct circle {
  cv::Point2d centre;  ///< pixels, corner origin
  double radius = 0;   ///< pixels; 0: none
};

/// The circle that most points lie on. points: pixels. size: of the picture; circles whose radius is below a fifth of
/// its shorter side or above both sides together are not considered.
/// Returns radius 0 when fewer than 8 points lie on any such circle. The same points always give the same circle.
/// Source: random sample consensus, Fischler and Bolles, Commun. ACM 24(6), 1981; then fit_circle.
circle consensus_circle(const std::vector<cv::Point2d>& points, cv::Size size);

/// Least squares of the distances from the points to the circle, starting at `from`; points farther from it than the
/// spread of the rest allows are left out. Returns `from` when fewer than 8 points remain.
/// Source: Gauss-Newton on the geometric distance.
circle fit_circle(const std::vector<cv::Point2d>& points, const circle& from);

/// Share of the circle's arc inside `visible` that has a point on it (1 % of the radius, at least 1.5 pixels), 0 to 1;
/// 0 when less than a twentieth of the circle is inside.
double rim_support(const circle& rim, const std::vector<cv::Point2d>& points, const cv::Rect2d& visible);

/// The pixels of a picture of `size` whose centres lie in the circle and in `kept`. Returns 8U, 0 or 255.
cv::Mat disk_mask(const circle& c, const cv::Rect& kept, cv::Size size);

}  // namespace medvision
