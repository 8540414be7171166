// SPDX-License-Identifier: Apache-2.0
// Curves of several systems on one pair of axes, as SVG: text that any program shows, at any size, and that prints.
#pragma once

#include <opencv2/core/types.hpp>
#include <span>
#include <string>
#include <vector>

namespace medvision {

/// points: in the units of the axes, x never falling. low, high: an interval around them, as many points or none.
struct drawn_curve {
  std::string name, note;  ///< of the legend, behind one another
  std::vector<cv::Point2d> points, low, high;
  int look = 0;  ///< of look_of in svg.hpp
};

struct curve_axes {
  std::string title, x, y;
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  bool diagonal = false;  ///< the line of a ranking by chance
};

/// Points that can go because the line through those that stay passes them within `near`, measured along y in units of
/// the height and along x in units of the width of the axes. The first and the last stay; so does the shape: no point
/// is moved. points: x never falling. returns: in the same order. One pass, whatever their number. source: Reumann and
/// Witkam's strip, narrowed by each point (Sklansky and Gonzalez, Pattern Recognition 12, 1980).
std::vector<cv::Point2d> thin_curve(std::span<const cv::Point2d> points, const curve_axes& axes, double near = 5e-4);

/// One SVG of 440 pixels across: title, axes with ticks and their numbers, a grid, the curves thinned as above, and a
/// legend below in the order of `curves`. A curve without points stands in the legend alone, with its note. What lies
/// beyond the axes is cut off at them.
/// throws: E_RANGE for axes that are empty or not finite, and for a point that is not finite; E_SHAPE for an interval
/// of other than a point each.
std::string draw_curves(const curve_axes& axes, std::span<const drawn_curve> curves);

}  // namespace medvision
