// SPDX-License-Identifier: Apache-2.0
// Where exactly, at full resolution, does a picture rise from its background to the eye?
#pragma once

#include <array>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <vector>

#include "medvision/crop/circle.hpp"

namespace medvision {

/// A picture read as distance from its background: the largest difference over the channels, one pixel at a time, so
/// that no second picture is made.
struct background_distance {
  cv::Mat image;      ///< H×W, 1 or 3 channels, 8U or 16U
  cv::Scalar colour;  ///< of the background, in values of the image
  double least = 0;   ///< rises below this are noise, in values of the image

  /// At a point in pixels (corner origin), moved into the picture when it is outside.
  double operator()(cv::Point2d at) const;
};

/// The point at half height on the way from `outside` to `inside`, whose ends are taken as background and eye.
/// Pixels. Returns nothing when the rise is below `least`, or an end lies outside the picture.
std::optional<cv::Point2d> find_rise(const background_distance& distance, cv::Point2d outside, cv::Point2d inside);

/// The rises on 720 radii, sought `reach` pixels to both sides of the circle.
std::vector<cv::Point2d> rim_points(const background_distance& distance, const circle& c, double reach);

/// Straight cuts by the camera: where, within the circle, a region nevertheless ends along a line. on: H×W 8U, nonzero
/// in the region. Returns its left, top, right and bottom edge in pixels: the picture's own where there is no cut.
std::array<double, 4> straight_cuts(const cv::Mat& on, const circle& c);

/// A straight cut near x = `at` (vertical) or y = `at`, sought `reach` pixels to both sides of it in the middle third
/// of the circle. from_end: the eye lies before it (right and bottom cuts). Returns it rounded to whole pixels; `at`
/// rounded when the rise is found in fewer than 8 of 65 places.
int refine_cut(const background_distance& distance, const circle& c, bool vertical, bool from_end, double at,
               double reach);

}  // namespace medvision
