// SPDX-License-Identifier: Apache-2.0
// A study read back from its document.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "medvision/error.hpp"
#include "medvision/record/json_fields.hpp"
#include "medvision/record/study.hpp"

namespace medvision {

using json_fields::find;
using json_fields::json;

namespace {

[[noreturn]] void refuse(std::string_view place, std::string_view expected, const json* met) {
  std::string text = met ? met->dump(-1, ' ', false, json::error_handler_t::replace) : "nothing";
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  throw error("E_STUDY", fmt::format("'{}' must be {}, met {}", place, expected, text), blame::request);
}

const json& member(const json& object, const std::string& place, const char* key, json::value_t type,
                   const char* expected) {
  const json* v = find(object, key);
  if (!v || v->type() != type) refuse(place.empty() ? key : place + "." + key, expected, v);
  return *v;
}

const json& object_in(const json& object, const std::string& place, const char* key) {
  return member(object, place, key, json::value_t::object, "an object");
}

std::string text_in(const json& object, const std::string& place, const char* key) {
  return member(object, place, key, json::value_t::string, "a text").get<std::string>();
}

std::int64_t count_of(const json& v, const std::string& place) {
  if (!v.is_number_integer() || v.get<double>() < 0 || v.get<double>() > 0x1p53) refuse(place, "a count", &v);
  return v.get<std::int64_t>();
}

step_value option_of(const json& v, const std::string& place) {
  if (v.is_boolean()) return v.get<bool>();
  if (v.is_number_integer()) return v.get<std::int64_t>();
  if (v.is_number()) return v.get<double>();
  if (!v.is_string()) refuse(place, "a number, a text, true or false", &v);
  return v.get<std::string>();
}

study_figure figure_of(const std::string& name, const json& j, const std::string& place) {
  if (!j.is_object()) refuse(place, "an object", &j);
  study_figure f{name, {}, ""};
  for (const auto& [key, v] : j.items()) {
    if (key == "why" && v.is_string())
      f.why = v.get<std::string>();
    else if (v.is_null() || v.is_number())
      f.values.emplace_back(key, v.is_null() ? std::nullopt : std::optional(v.get<double>()));
    else
      refuse(place + "." + key, "a number or null", &v);
  }
  return f;
}

study_curve curve_of(const std::string& name, const json& j, const std::string& place) {
  if (!j.is_object()) refuse(place, "an object", &j);
  study_curve c{name, text_in(j, place, "x"), text_in(j, place, "y"), {}, ""};
  for (const json& p : member(j, place, "points", json::value_t::array, "a list of points")) {
    if (!p.is_array() || p.size() != 2 || !p[0].is_number() || !p[1].is_number())
      refuse(place + ".points", "pairs of numbers", &p);
    c.points.push_back({p[0].get<double>(), p[1].get<double>()});
    if (std::max(std::abs(c.points.back()[0]), std::abs(c.points.back()[1])) > 1e100)
      refuse(place + ".points", "numbers that an axis can hold, up to 1e100", &p);
  }
  if (find(j, "why")) c.why = text_in(j, place, "why");
  return c;
}

study_confusion confusion_of(const json& j, const std::string& place) {
  study_confusion c;
  for (const json& label : member(j, place, "labels", json::value_t::array, "a list of labels")) {
    if (!label.is_string()) refuse(place + ".labels", "texts", &label);
    c.labels.push_back(label.get<std::string>());
  }
  const std::string table = place + ".truth_by_predicted";
  const json& rows = member(j, place, "truth_by_predicted", json::value_t::array, "a row a label");
  if (rows.size() != c.labels.size()) refuse(table, "a row a label", &rows);
  for (const json& row : rows) {
    if (!row.is_array() || row.size() != c.labels.size()) refuse(table, "rows of a count a label", &row);
    for (const json& v : row) c.counts.push_back(count_of(v, table));
  }
  return c;
}

study_group group_of(const json& j, const std::string& place) {
  if (!j.is_object()) refuse(place, "an object", &j);
  study_group g;
  for (const auto& [key, v] : object_in(j, place, "by").items()) {
    if (!v.is_string()) refuse(place + ".by." + key, "a text", &v);
    g.by.emplace_back(key, v.get<std::string>());
  }
  for (const auto& [key, v] : object_in(j, place, "counts").items())
    g.counts.emplace_back(key, count_of(v, place + ".counts." + key));
  for (const auto& [key, v] : object_in(j, place, "figures").items())
    g.figures.push_back(figure_of(key, v, place + ".figures." + key));
  if (find(j, "curves"))
    for (const auto& [key, v] : object_in(j, place, "curves").items())
      g.curves.push_back(curve_of(key, v, place + ".curves." + key));
  if (find(j, "confusion")) g.confusion = confusion_of(object_in(j, place, "confusion"), place + ".confusion");
  return g;
}

study study_of(const json& j) {
  if (!j.is_object()) refuse("the document", "an object", &j);
  study s{text_in(j, "", "program"), text_in(j, "", "version"), {}, {}};
  for (const auto& [key, v] : object_in(j, "", "options").items())
    s.options.emplace_back(key, option_of(v, "options." + key));
  const json& groups = member(j, "", "groups", json::value_t::array, "a list of groups");
  for (std::size_t i = 0; i < groups.size(); ++i) s.groups.push_back(group_of(groups[i], fmt::format("groups[{}]", i)));
  return s;
}

}  // namespace

study parse_study(std::string_view text, const std::string& name) {
  try {
    return study_of(parse_json(text));
  } catch (const error& e) {
    throw error(e.code(), fmt::format("{} is no document of a study: {}", name, e.what()), blame::request);
  }
}

}  // namespace medvision
