// SPDX-License-Identifier: Apache-2.0
#include "medvision/draw/hexagon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core/types.hpp>

#include "medvision/draw/svg.hpp"
#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr double width = 440, centre_x = 220, centre_y = 226, radius = 150, legend_top = 442;  // pixels

cv::Point2d place(double value, std::size_t axis, std::size_t axes) {
  const double turn = 2 * std::numbers::pi * double(axis) / double(axes), r = radius * std::clamp(value, 0.0, 1.0);
  return {centre_x + r * std::sin(turn), centre_y - r * std::cos(turn)};
}

void check(std::span<const std::string> axes, std::span<const drawn_polygon> polygons) {
  if (axes.size() < 3) throw error("E_SHAPE", fmt::format("{} axes make no polygon, 3 or more do", axes.size()));
  for (const drawn_polygon& p : polygons) {
    if (p.values.size() != axes.size())
      throw error("E_SHAPE", fmt::format("'{}' has {} values for {} axes", p.name, p.values.size(), axes.size()));
    for (const auto& v : p.values)
      if (v && !std::isfinite(*v)) throw error("E_RANGE", fmt::format("'{}' has the value {}", p.name, *v));
  }
}

std::string ring(double value, std::size_t axes, const char* colour) {
  std::string d;
  for (std::size_t i = 0; i < axes; ++i) {
    const cv::Point2d at = place(value, i, axes);
    d += fmt::format("{}{} {}", i ? "L" : "M", coordinate(at.x), coordinate(at.y));
  }
  return fmt::format(R"(<path d="{}Z" fill="none" stroke="{}"/>)", d, colour);
}

std::string draw_axes(std::span<const std::string> axes) {
  std::string out;
  for (int i = 1; i <= 5; ++i) out += ring(i / 5.0, axes.size(), i == 5 ? "#555" : "#ddd");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const cv::Point2d rim = place(1, i, axes.size());
    const double dx = (rim.x - centre_x) / radius, dy = (rim.y - centre_y) / radius;
    out += fmt::format(R"(<path d="M{} {}L{} {}" stroke="#bbb"/>)", coordinate(centre_x), coordinate(centre_y),
                       coordinate(rim.x), coordinate(rim.y));
    out += fmt::format(R"(<text x="{}" y="{}" text-anchor="{}">{}</text>)", coordinate(rim.x + dx * 10),
                       coordinate(rim.y + dy * 14 + 4),
                       std::abs(dx) < 0.1 ? "middle"
                       : dx > 0           ? "start"
                                          : "end",
                       markup(axes[i]));
  }
  return out + "\n";
}

/// On top of all, with a white rim: they lie where the polygons do.
std::string draw_ring_numbers(std::size_t axes) {
  std::string out = R"(<g font-size="10" fill="#555" stroke="#fff" stroke-width="3" paint-order="stroke">)";
  for (int i = 1; i <= 5; ++i)
    out += fmt::format(R"(<text x="{}" y="{}">{:.1f}</text>)", coordinate(centre_x + 6),
                       coordinate(place(i / 5.0, 0, axes).y + 11), i / 5.0);
  return out + "</g>\n";
}

/// Sides between neighbours that both have a value, and a dot at each.
std::string draw_polygon(const drawn_polygon& p) {
  const std::size_t n = p.values.size();
  const bool whole = std::all_of(p.values.begin(), p.values.end(), [](const auto& v) { return v.has_value(); });
  std::string d, dots;
  for (std::size_t i = 0; i < n; ++i) {
    const auto &here = p.values[i], &next = p.values[(i + 1) % n];
    if (!here) continue;
    const cv::Point2d a = place(*here, i, n), b = place(next.value_or(0), (i + 1) % n, n);
    if (!whole && next)
      d += fmt::format("M{} {}L{} {}", coordinate(a.x), coordinate(a.y), coordinate(b.x), coordinate(b.y));
    if (whole) d += fmt::format("{}{} {}", i ? "L" : "M", coordinate(a.x), coordinate(a.y));
    dots += fmt::format(R"(<circle cx="{}" cy="{}" r="3"/>)", coordinate(a.x), coordinate(a.y));
  }
  const line_look look = look_of(p.look);
  const std::string fill = whole ? fmt::format(R"(<path d="{}Z" fill="{}" fill-opacity="0.08"/>)", d, look.colour) : "";
  return fmt::format("{}<path class=\"curve\" d=\"{}{}\" {}/><g fill=\"{}\">{}</g>\n", fill, d, whole ? "Z" : "",
                     stroke(look), look.colour, dots);
}

}  // namespace

std::string draw_hexagon(const std::string& title, std::span<const std::string> axes,
                         std::span<const drawn_polygon> polygons) {
  check(axes, polygons);
  std::string out = begin_svg(width, legend_top + legend_row * double(polygons.size()) + 4, title);
  out += fmt::format(R"(<text x="{}" y="20" text-anchor="middle" font-size="14" font-weight="bold">{}</text>)",
                     coordinate(centre_x), markup(title));
  out += draw_axes(axes);
  for (const drawn_polygon& p : polygons) out += draw_polygon(p);
  out += draw_ring_numbers(axes.size());
  for (std::size_t i = 0; i < polygons.size(); ++i)
    out += draw_legend_entry({polygons[i].name, polygons[i].note, polygons[i].look}, 56,
                             legend_top + legend_row * double(i));
  return out + "</svg>\n";
}

}  // namespace medvision
