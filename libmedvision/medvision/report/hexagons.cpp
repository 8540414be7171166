// SPDX-License-Identifier: Apache-2.0
#include "medvision/report/hexagons.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "medvision/draw/hexagon.hpp"

namespace medvision {
namespace {

using all_series = std::vector<report_series>;

void add_hexagon_of_grades(const all_series& series, std::vector<std::string>& out) {
  static const std::vector<std::string> axes = {"accuracy",  "recall",      "precision",
                                                "F-measure", "specificity", "ROC AUC"};
  static constexpr std::array names = {"accuracy", "recall", "precision", "f_measure", "specificity", "roc_auc"};
  std::vector<drawn_polygon> polygons;
  for (const report_series& s : series) {
    const study_figure* six = figure_named(*s.group, "six");
    if (!six) continue;
    drawn_polygon p{s.name, "", {}, s.look};
    for (const char* name : names) p.values.push_back(number_named(*six, name));
    const study_figure* at = figure_named(*s.group, "six_at");
    if (!six->why.empty())
      p.note = undefined_note(six->why);
    else if (const auto threshold = at ? number_named(*at, "threshold") : std::nullopt)
      p.note = fmt::format("at threshold {:.6g}", *threshold);
    polygons.push_back(std::move(p));
  }
  if (!polygons.empty()) out.push_back(draw_hexagon("Six measures of the positive labels", axes, polygons));
}

void add_hexagons_of_maps(const all_series& series, std::vector<std::string>& out) {
  static const std::vector<std::string> names = {"accuracy", "sensitivity", "precision", "f1", "specificity", "auc"};
  const auto prefixes = met_in_order(series, [](const study_group& g, const auto& meet) {
    for (const study_figure& f : g.figures) {
      const std::string prefix = first_parts(f.name);
      const bool all = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
        const study_figure* one = figure_named(g, prefix + name);
        return one && has_number(*one, "mean");
      });
      if (all && last_part(f.name) == names[0]) meet(prefix);
    }
  });
  for (const std::string& prefix : prefixes) {
    std::vector<drawn_polygon> polygons;
    for (const report_series& s : series) {
      drawn_polygon p{s.name, "means over the cases", {}, s.look};
      for (const std::string& name : names) {
        const study_figure* f = figure_named(*s.group, prefix + name);
        p.values.push_back(f ? number_named(*f, "mean") : std::nullopt);
      }
      if (figure_named(*s.group, prefix + names[0])) polygons.push_back(std::move(p));
    }
    const std::string title = prefix.empty() ? "masks" : prefix.substr(0, prefix.size() - 1);
    out.push_back(draw_hexagon("Six measures: " + title, names, polygons));
  }
}

}  // namespace

std::vector<std::string> draw_hexagons(const std::vector<report_series>& series) {
  std::vector<std::string> out;
  add_hexagon_of_grades(series, out);
  add_hexagons_of_maps(series, out);
  return out;
}

}  // namespace medvision
