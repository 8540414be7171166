// SPDX-License-Identifier: Apache-2.0
#include "medvision/report/drawings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "medvision/draw/curve.hpp"
#include "medvision/draw/svg.hpp"
#include "medvision/report/hexagons.hpp"

namespace medvision {
namespace {

constexpr std::size_t most_drawings = 24;

using all_series = std::vector<report_series>;

/// What the legend says of a curve: the area under it, with its interval.
std::string area_of(const study_group& g, const study_curve& c) {
  const std::string prefix = first_parts(c.name), kind = last_part(c.name);
  if (c.points.empty()) return undefined_note(c.why);
  if (kind == "froc") {
    const study_figure* f = figure_named(g, c.name);
    const auto score = f ? number_named(*f, "froc_score") : std::nullopt;
    return score ? "score " + for_reading(*score) : "";
  }
  const bool roc = kind == "roc";
  if (const study_figure* pool = figure_named(g, prefix + "pool")) {
    const auto area = number_named(*pool, roc ? "auc_pooled" : "ap_pooled");
    return area ? fmt::format("{} {}", roc ? "AUC" : "AP", for_reading(*area)) : "";
  }
  const study_figure* f = figure_named(g, prefix + (roc ? "roc_auc" : "average_precision"));
  const study_figure* delong = figure_named(g, prefix + "roc_auc_delong");
  if (f && roc && delong && !number_named(*f, "low")) f = delong;
  const auto h = f ? headline_of(*f) : std::nullopt;
  return h && h->value ? fmt::format("{} {}", roc ? "AUC" : "AP", for_reading(*h)) : "";
}

std::string title_of(const std::string& name) {
  const std::string prefix = first_parts(name), kind = last_part(name);
  const std::string words = kind == "roc"                ? "ROC curve"
                            : kind == "precision_recall" ? "Precision over recall"
                            : kind == "froc"             ? "FROC curve"
                                                         : as_title(in_words(kind));
  return prefix.empty() ? words : words + ": " + prefix.substr(0, prefix.size() - 1);
}

/// The smallest of 1, 2, 5, 10, 20, ... that is not below v.
double round_up(double v) {
  if (v <= 1) return 1;
  const double power = std::pow(10, std::floor(std::log10(v)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= v) return factor * power;
  return 10 * power;
}

void add_curves(const all_series& series, report_drawings& out) {
  const auto names = met_in_order(series, [](const study_group& g, const auto& meet) {
    for (const study_curve& c : g.curves) meet(c.name);
  });
  for (const std::string& name : names) {
    curve_axes axes{title_of(name), "", ""};
    axes.diagonal = last_part(name) == "roc";
    std::vector<drawn_curve> curves;
    for (const report_series& s : series)
      for (const study_curve& c : s.group->curves) {
        if (c.name != name) continue;
        axes.x = in_words(c.x), axes.y = in_words(c.y);
        drawn_curve drawn{s.name, area_of(*s.group, c), {}, {}, {}, s.look};
        for (const auto& [x, y] : c.points) {
          drawn.points.emplace_back(x, y);
          axes.x_high = std::max(axes.x_high, round_up(x)), axes.y_high = std::max(axes.y_high, round_up(y));
        }
        curves.push_back(std::move(drawn));
      }
    out.svgs.push_back(draw_curves(axes, curves));
  }
}

/// "boxes.recall@0.30" is the family "boxes.recall" at 0.3; nothing else is one.
std::optional<std::pair<std::string, double>> family_of(const study_figure& f) {
  const std::size_t at = f.name.rfind('@');
  if (at == std::string::npos || !headline_of(f)) return std::nullopt;
  double threshold = 0;
  const char* end = f.name.data() + f.name.size();
  const auto [read, problem] = std::from_chars(f.name.data() + at + 1, end, threshold);
  if (problem != std::errc{} || read != end || !std::isfinite(threshold)) return std::nullopt;
  return std::pair(f.name.substr(0, at), threshold);
}

bool is_share(const std::string& family) {
  static constexpr std::array names = {"recall_by_box", "image_found", "recall",    "dice", "iou",
                                       "sensitivity",   "specificity", "precision", "f1",   "accuracy"};
  return std::find(names.begin(), names.end(), last_part(family)) != names.end();
}

bool has_family(const study_group& g, const std::string& family) {
  return std::any_of(g.figures.begin(), g.figures.end(), [&](const study_figure& f) {
    const auto of = family_of(f);
    return of && of->first == family;
  });
}

drawn_curve curve_over_thresholds(const report_series& s, const std::string& family) {
  std::map<double, headline> met;
  bool interval = true;
  for (const study_figure& f : s.group->figures)
    if (const auto of = family_of(f); of && of->first == family)
      if (const auto h = headline_of(f); h->value) met[of->second] = *h;
  for (const auto& [threshold, h] : met) interval = interval && h.low && h.high;
  drawn_curve c{s.name, met.empty() ? "undefined" : "", {}, {}, {}, s.look};
  for (const auto& [threshold, h] : met) {
    c.points.emplace_back(threshold, *h.value);
    if (interval) c.low.emplace_back(threshold, *h.low), c.high.emplace_back(threshold, *h.high);
  }
  return c;
}

void add_families(const all_series& series, report_drawings& out) {
  std::map<std::string, std::map<double, int>> thresholds;
  const auto names = met_in_order(series, [&](const study_group& g, const auto& meet) {
    for (const study_figure& f : g.figures)
      if (const auto of = family_of(f); of && is_share(of->first)) meet(of->first), ++thresholds[of->first][of->second];
  });
  for (const std::string& family : names) {
    if (thresholds[family].size() < 2) continue;
    const std::string what = last_part(family), prefix = first_parts(family);
    curve_axes axes{as_title(in_words(what)) + " over the threshold", "threshold", in_words(what)};
    if (!prefix.empty()) axes.title += ": " + prefix.substr(0, prefix.size() - 1);
    axes.x_low = std::min(0.0, thresholds[family].begin()->first);
    axes.x_high = std::max(1.0, round_up(thresholds[family].rbegin()->first));
    std::vector<drawn_curve> curves;
    for (const report_series& s : series)
      if (has_family(*s.group, family)) curves.push_back(curve_over_thresholds(s, family));
    out.svgs.push_back(draw_curves(axes, curves));
  }
}

}  // namespace

report_drawings draw_series(const std::vector<report_series>& series) {
  report_drawings out;
  const all_series drawn(series.begin(), series.begin() + std::ptrdiff_t(std::min<std::size_t>(series.size(), looks)));
  if (drawn.size() < series.size())
    out.remarks.push_back(
        fmt::format("The first {} of {} series are drawn; the tables hold all.", looks, series.size()));
  out.svgs = draw_hexagons(drawn);
  add_curves(drawn, out);
  add_families(drawn, out);
  if (out.svgs.size() > most_drawings) {
    out.remarks.push_back(fmt::format("The first {} of {} drawings are shown; the tables hold all numbers.",
                                      most_drawings, out.svgs.size()));
    out.svgs.resize(most_drawings);
  }
  return out;
}

}  // namespace medvision
