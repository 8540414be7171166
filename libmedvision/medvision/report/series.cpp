// SPDX-License-Identifier: Apache-2.0
#include "medvision/report/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "medvision/draw/svg.hpp"

namespace medvision {

std::vector<report_series> series_of(const std::vector<report_system>& systems) {
  std::vector<report_series> all;
  for (const report_system& s : systems)
    for (const study_group& g : s.found.groups) {
      std::string name = s.name;
      for (const auto& [field, value] : g.by) name += fmt::format(", {} {}", field, value.empty() ? "absent" : value);
      all.push_back({name, &g, int(all.size())});
    }
  return all;
}

const study_figure* figure_named(const study_group& g, std::string_view name) {
  const auto at = std::find_if(g.figures.begin(), g.figures.end(), [&](const auto& f) { return f.name == name; });
  return at == g.figures.end() ? nullptr : &*at;
}

bool has_number(const study_figure& f, std::string_view name) {
  return std::any_of(f.values.begin(), f.values.end(), [&](const auto& v) { return v.first == name; });
}

std::optional<double> number_named(const study_figure& f, std::string_view name) {
  for (const auto& [key, value] : f.values)
    if (key == name) return value;
  return std::nullopt;
}

std::optional<headline> headline_of(const study_figure& f) {
  for (const char* name : {"value", "mean"})
    if (has_number(f, name)) return headline{number_named(f, name), number_named(f, "low"), number_named(f, "high")};
  return std::nullopt;
}

std::string for_reading(const headline& h) {
  if (!h.value) return "–";
  if (!h.low || !h.high) return for_reading(*h.value);
  return fmt::format("{} ({}–{})", for_reading(*h.value), for_reading(*h.low), for_reading(*h.high));
}

std::string in_words(std::string_view name) {
  if (name == "f_measure") return "F-measure";
  std::string words(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  if (words.starts_with("roc auc")) words.replace(0, 7, "ROC AUC");
  return words;
}

std::string as_title(std::string words) {
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z') words[0] = char(words[0] - 'a' + 'A');
  return words;
}

std::string first_parts(const std::string& name) { return name.substr(0, name.rfind('.') + 1); }

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

std::string undefined_note(const std::string& why) { return why.empty() ? "undefined" : "undefined: " + why; }

std::vector<std::string> met_in_order(
    const std::vector<report_series>& series,
    const std::function<void(const study_group&, const std::function<void(const std::string&)>& meet)>& each) {
  std::vector<std::string> names;
  std::set<std::string> met;
  for (const report_series& s : series)
    each(*s.group, [&](const std::string& name) {
      if (met.insert(name).second) names.push_back(name);
    });
  return names;
}

}  // namespace medvision
