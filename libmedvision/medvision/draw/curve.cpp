// SPDX-License-Identifier: Apache-2.0
#include "medvision/draw/curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>

#include "medvision/draw/svg.hpp"
#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr double width = 440, left = 56, top = 34, side = 360, below = 48;  // pixels; side: of the square of the axes
constexpr double infinite = std::numeric_limits<double>::infinity();

void check(const curve_axes& a, std::span<const drawn_curve> curves) {
  const auto wide = [](double low, double high) { return std::isfinite(high - low) && high > low; };
  if (!wide(a.x_low, a.x_high) || !wide(a.y_low, a.y_high))
    throw error("E_RANGE",
                fmt::format("axes from {} to {} and from {} to {} show nothing", a.x_low, a.x_high, a.y_low, a.y_high));
  for (const drawn_curve& c : curves) {
    if (c.low.size() != c.high.size() || (!c.low.empty() && c.low.size() != c.points.size()))
      throw error("E_SHAPE", fmt::format("the curve '{}' has {} points and intervals of {} and {}", c.name,
                                         c.points.size(), c.low.size(), c.high.size()));
    for (const auto* points : {&c.points, &c.low, &c.high})
      for (const cv::Point2d& p : *points)
        if (!std::isfinite(p.x) || !std::isfinite(p.y))
          throw error("E_RANGE", fmt::format("the curve '{}' has a point at {}, {}", c.name, p.x, p.y));
  }
}

/// Of a point on the drawing.
cv::Point2d place(const curve_axes& a, const cv::Point2d& p) {
  return {left + side * (p.x - a.x_low) / (a.x_high - a.x_low), top + side * (a.y_high - p.y) / (a.y_high - a.y_low)};
}

std::string path_of(const curve_axes& a, std::span<const cv::Point2d> points, const char* begin = "M") {
  std::string d;
  for (const cv::Point2d& p : points) {
    const cv::Point2d at = place(a, p);
    d += fmt::format("{}{} {}", d.empty() ? begin : "L", coordinate(at.x), coordinate(at.y));
  }
  return d;
}

/// About five steps of 1, 2 or 5 times a power of ten.
double tick_step(double low, double high) {
  const double raw = (high - low) / 5, power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

std::vector<double> ticks_of(double low, double high) {
  const double step = tick_step(low, high);
  std::vector<double> ticks;
  for (double k = std::ceil(low / step - 1e-9) + 0.0; k * step <= high + step * 1e-9; ++k) ticks.push_back(k * step);
  return ticks;
}

std::string draw_axes(const curve_axes& a) {
  std::string grid, numbers;
  for (const double x : ticks_of(a.x_low, a.x_high)) {
    const double at = place(a, {x, a.y_low}).x;
    grid += fmt::format("M{} {}v{}", coordinate(at), coordinate(top), coordinate(side));
    numbers += fmt::format(R"(<text x="{}" y="{}" text-anchor="middle">{:.6g}</text>)", coordinate(at),
                           coordinate(top + side + 16), x);
  }
  for (const double y : ticks_of(a.y_low, a.y_high)) {
    const double at = place(a, {a.x_low, y}).y;
    grid += fmt::format("M{} {}h{}", coordinate(left), coordinate(at), coordinate(side));
    numbers += fmt::format(R"(<text x="{}" y="{}" text-anchor="end">{:.6g}</text>)", coordinate(left - 7),
                           coordinate(at + 4), y);
  }
  const double middle = left + side / 2;
  return fmt::format(R"svg(<text x="{0}" y="20" text-anchor="middle" font-size="14" font-weight="bold">{1}</text>)svg"
                     R"svg(<path d="{2}" stroke="#ddd" fill="none"/>)svg"
                     "\n{3}\n"
                     R"svg(<text x="{0}" y="{4}" text-anchor="middle">{5}</text>)svg"
                     R"svg(<text transform="translate(15 {6}) rotate(-90)" text-anchor="middle">{7}</text>)svg"
                     "\n",
                     coordinate(middle), markup(a.title), grid, numbers, coordinate(top + side + 36), markup(a.x),
                     coordinate(top + side / 2), markup(a.y));
}

std::string draw_band(const curve_axes& a, const drawn_curve& c) {
  if (c.low.empty()) return "";
  const std::vector<cv::Point2d> back(c.low.rbegin(), c.low.rend());
  return fmt::format(R"(<path d="{}{}Z" fill="{}" fill-opacity="0.13"/>)", path_of(a, c.high), path_of(a, back, "L"),
                     look_of(c.look).colour);
}

std::string draw_line(const curve_axes& a, const drawn_curve& c) {
  if (c.points.empty()) return "";
  if (c.points.size() == 1) {
    const cv::Point2d at = place(a, c.points[0]);
    return fmt::format(R"(<circle cx="{}" cy="{}" r="4" fill="{}"/>)", coordinate(at.x), coordinate(at.y),
                       look_of(c.look).colour);
  }
  return fmt::format(R"(<path class="curve" d="{}" {}/>)", path_of(a, thin_curve(c.points, a)),
                     stroke(look_of(c.look)));
}

}  // namespace

std::vector<cv::Point2d> thin_curve(std::span<const cv::Point2d> points, const curve_axes& axes, double near) {
  const auto scaled = [&](const cv::Point2d& p) {
    return cv::Point2d(p.x / (axes.x_high - axes.x_low), p.y / (axes.y_high - axes.y_low));
  };
  std::vector<cv::Point2d> kept;
  double low = -infinite, high = infinite;  // directions of lines from the last one kept that pass near all since
  double far = 0;                           // from it, the furthest of these
  for (std::size_t i = 0; i < points.size(); ++i) {
    cv::Point2d d = kept.empty() ? cv::Point2d() : scaled(points[i]) - scaled(kept.back());
    const double direction = std::atan2(d.y, d.x);
    const bool onward = cv::norm(d) >= far - near;
    if (kept.empty() || (far > 0 && !(onward && direction >= low && direction <= high))) {
      kept.push_back(points[i == 0 ? 0 : i - 1]);
      low = -infinite, high = infinite, far = 0;
      d = scaled(points[i]) - scaled(kept.back());
    }
    const double away = cv::norm(d);
    far = std::max(far, away);
    if (away <= near) continue;  // a line in any direction passes it
    const double slack = std::asin(near / away), to = std::atan2(d.y, d.x);
    low = std::max(low, to - slack), high = std::min(high, to + slack);
  }
  if (!points.empty() && kept.back() != points.back()) kept.push_back(points.back());
  return kept;
}

std::string draw_curves(const curve_axes& axes, std::span<const drawn_curve> curves) {
  check(axes, curves);
  const double legend = top + side + below;
  std::string out = begin_svg(width, legend + legend_row * double(curves.size()) + 4, axes.title) + draw_axes(axes);
  // Nested, so that what lies beyond the axes is cut off without a name that another drawing of the page could have;
  // half a line's width beside them still shows.
  out += fmt::format(R"(<svg x="{0}" y="{1}" width="{2}" height="{2}" viewBox="{0} {1} {2} {2}">)",
                     coordinate(left - 1), coordinate(top - 1), coordinate(side + 2));
  if (axes.diagonal)
    out += fmt::format(R"(<path d="{}" stroke="#999" stroke-dasharray="3 4" fill="none"/>)",
                       path_of(axes, std::vector<cv::Point2d>{{axes.x_low, axes.y_low}, {axes.x_high, axes.y_high}}));
  for (const drawn_curve& c : curves) out += draw_band(axes, c);
  for (const drawn_curve& c : curves) out += "\n" + draw_line(axes, c);
  out += fmt::format("</svg>\n<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{2}\" fill=\"none\" stroke=\"#555\"/>\n",
                     coordinate(left), coordinate(top), coordinate(side));
  for (std::size_t i = 0; i < curves.size(); ++i)
    out += draw_legend_entry({curves[i].name, curves[i].note, curves[i].look}, left, legend + legend_row * double(i));
  return out + "</svg>\n";
}

}  // namespace medvision
