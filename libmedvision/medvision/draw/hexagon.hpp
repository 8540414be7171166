// SPDX-License-Identifier: Apache-2.0
// Several measures of several systems as polygons on one star of axes: with six, a hexagon.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace medvision {

/// values: one an axis, 0 (the centre) to 1 (the rim), or nothing where it is undefined.
struct drawn_polygon {
  std::string name, note;  ///< of the legend, behind one another
  std::vector<std::optional<double>> values;
  int look = 0;  ///< of look_of in svg.hpp
};

/// One SVG of 440 pixels across: an axis for each name, the first one up, the others clockwise; rings at every 0.2; the
/// polygons, with a dot at each value and a gap beside each undefined one; the legend below. Values beyond 0 to 1 are
/// drawn at the end of their axis.
/// throws: E_SHAPE for fewer than three axes and for a polygon of other than a value an axis, E_RANGE for a value that
/// is not finite.
std::string draw_hexagon(const std::string& title, std::span<const std::string> axes,
                         std::span<const drawn_polygon> polygons);

}  // namespace medvision
