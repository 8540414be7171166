// SPDX-License-Identifier: Apache-2.0
// What a record says of a breast, in the words of published exam lists.
#include "medvision/record/json_fields.hpp"
#include "medvision/record/record.hpp"

namespace medvision {

using namespace json_fields;

namespace {

constexpr std::int64_t most = 2147483647;

std::array<int, 2> span_of(const json& v, std::string_view field) {
  if (!v.is_array() || v.size() != 2) wrong(field, "2 whole numbers", v);
  return {int(whole_of(v[0], field, -most, most)), int(whole_of(v[1], field, -most, most))};
}

/// A number and a span, in either order.
const json& pair_of(const json& v, std::string_view field) {
  if (!v.is_array() || v.size() != 2) wrong(field, "a row and a column, one of them first and last", v);
  return v;
}

}  // namespace

std::optional<breast_info> record::breast() const {
  const json* b = find_object(doc_->json, "breast", "breast");
  if (!b) return std::nullopt;
  breast_info out;
  out.to_source = frame_of(*b, "breast.frame", "frame");
  const json& location = need(*b, "breast", "window_location");
  if (!location.is_array() || location.size() != 4) wrong("breast.window_location", "4 whole numbers", location);
  std::array<int, 4> edge{};  // top, bottom, left, right
  for (std::size_t i = 0; i < 4; ++i) edge[i] = int(whole_of(location[i], "breast.window_location", 0, most));
  out.kept = {edge[2], edge[0], edge[3] - edge[2], edge[1] - edge[0]};
  out.points_to = text_of(need(*b, "breast", "points_to"), "breast.points_to");
  if (out.points_to != "left" && out.points_to != "right")
    wrong("breast.points_to", "left or right", need(*b, "breast", "points_to"));
  const json& rightmost = pair_of(need(*b, "breast", "rightmost_points"), "breast.rightmost_points");
  out.rightmost_rows = span_of(rightmost[0], "breast.rightmost_points");
  out.rightmost_column = int(whole_of(rightmost[1], "breast.rightmost_points", -most, most));
  const json& bottommost = pair_of(need(*b, "breast", "bottommost_points"), "breast.bottommost_points");
  out.bottommost_row = int(whole_of(bottommost[0], "breast.bottommost_points", -most, most));
  out.bottommost_columns = span_of(bottommost[1], "breast.bottommost_points");
  out.distance_from_starting_side =
      int(whole_of(need(*b, "breast", "distance_from_starting_side"), "breast.distance_from_starting_side", 0, most));
  if (const json* c = find(*b, "best_center")) {
    const auto centre = span_of(*c, "breast.best_center");
    out.best_centre = cv::Point(centre[1], centre[0]);
  }
  if (const json* v = find(*b, "background")) {
    if (!v->is_number()) wrong("breast.background", "a number", *v);
    out.background = v->get<double>();
  }
  return out;
}

void record::set_breast(const breast_info& b) {
  json v = {{"frame", json_of(b.to_source)},
            {"window_location", {b.kept.y, b.kept.br().y, b.kept.x, b.kept.br().x}},
            {"points_to", b.points_to},
            {"rightmost_points", json::array({b.rightmost_rows, b.rightmost_column})},
            {"bottommost_points", json::array({b.bottommost_row, b.bottommost_columns})},
            {"distance_from_starting_side", b.distance_from_starting_side}};
  if (b.best_centre) v["best_center"] = {b.best_centre->y, b.best_centre->x};
  if (b.background) v["background"] = finite(*b.background, "breast.background");
  doc_->json["breast"] = std::move(v);
}

}  // namespace medvision
