// SPDX-License-Identifier: Apache-2.0
// Reading a member of a record by type, with a sentence when it is of another. For the record room only.
#pragma once

#include <fmt/format.h>

#include <cmath>

#include "medvision/error.hpp"
#include "medvision/record/json_text.hpp"
#include "medvision/record/record.hpp"

namespace medvision {

struct record::document {
  ordered_json json = ordered_json::object();
  std::shared_ptr<const std::string> parent_text;  ///< what `parent.record`, a null in json, is to be
};

namespace json_fields {

using json = ordered_json;

[[noreturn]] inline void wrong(std::string_view field, std::string_view expected, const json& met) {
  std::string text = met.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  throw error("E_RECORD", fmt::format("the field '{}' must be {}, met {}", field, expected, text));
}

// The library's own search compares to the end before it looks at lengths.
inline const json* find(const json& object, std::string_view key) {
  if (const auto* members = object.get_ptr<const json::object_t*>())
    for (const auto& member : *members)
      if (member.first == key) return &member.second;
  return nullptr;
}

inline const json& need(const json& object, std::string_view field, std::string_view key) {
  const json* v = find(object, key);
  if (!v) throw error("E_RECORD", fmt::format("the field '{}' lacks '{}'", field, key));
  return *v;
}

inline const json* find_object(const json& parent, std::string_view field, std::string_view key) {
  const json* v = find(parent, key);
  if (v && !v->is_object()) wrong(field, "an object", *v);
  return v;
}

inline std::string text_of(const json& v, std::string_view field) {
  if (!v.is_string()) wrong(field, "a text", v);
  return v.get<std::string>();
}

inline std::string path_of(const json& v, std::string_view field) {
  std::string p = text_of(v, field);
  if (p.empty() || p.find('\0') != std::string::npos) wrong(field, "a file path", v);
  return p;
}

inline std::int64_t whole_of(const json& v, std::string_view field, std::int64_t low, std::int64_t high = 1LL << 53) {
  const bool whole = v.is_number_integer() && !(v.is_number_unsigned() && v.get<std::uint64_t>() > (1ULL << 53));
  if (!whole || v.get<std::int64_t>() < low || v.get<std::int64_t>() > high)
    wrong(field, fmt::format("a whole number from {} to {}", low, high), v);
  return v.get<std::int64_t>();
}

inline int size_of(const json& v, std::string_view field) { return int(whole_of(v, field, 1, 2147483647)); }

template <std::size_t N>
std::array<double, N> numbers_of(const json& v, std::string_view field) {
  std::array<double, N> a{};
  if (!v.is_array() || v.size() != N) wrong(field, fmt::format("{} numbers", N), v);
  for (std::size_t i = 0; i < N; ++i) {
    if (!v[i].is_number()) wrong(field, fmt::format("{} numbers", N), v);
    a[i] = v[i].template get<double>();
  }
  return a;
}

inline frame frame_of(const json& object, std::string_view field, std::string_view key) {
  const json* v = find(object, key);
  return v ? frame{numbers_of<6>(*v, field)} : frame{};
}

inline cv::Rect2d box_of(const json& v, std::string_view field) {
  const auto a = numbers_of<4>(v, field);
  return {a[0], a[1], a[2], a[3]};
}

inline cv::Rect whole_box_of(const json& v, std::string_view field) {
  if (!v.is_array() || v.size() != 4) wrong(field, "4 whole numbers", v);
  constexpr std::int64_t most = 2147483647;
  return {int(whole_of(v[0], field, -most, most)), int(whole_of(v[1], field, -most, most)),
          int(whole_of(v[2], field, 0, most)), int(whole_of(v[3], field, 0, most))};
}

inline double finite(double v, std::string_view field) {
  if (!std::isfinite(v))
    throw error("E_NONFINITE", fmt::format("'{}' would be {}; a record holds finite numbers", field, v));
  return v;
}

inline json json_of(const frame& f) {
  for (double v : f.m) finite(v, "frame");
  return f.m;
}
inline json json_of(const cv::Rect2d& b) {
  return {finite(b.x, "box"), finite(b.y, "box"), finite(b.width, "box"), finite(b.height, "box")};
}
inline json json_of(const cv::Rect& b) { return {b.x, b.y, b.width, b.height}; }
inline json json_of(const step_value& v) {
  return std::visit([](const auto& x) { return json(x); }, v);
}

// Text of a label: what a user would have typed.
inline std::string plain(const json& v) { return v.is_string() ? v.get<std::string>() : dump_json(v); }

// The member at a dotted path as such a text; nothing where there is none.
std::optional<std::string> text_at(const json& object, std::string_view dotted_path);

}  // namespace json_fields
}  // namespace medvision
