// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/grade_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "medvision/score/calibration.hpp"
#include "medvision/score/delong.hpp"
#include "medvision/score/operating.hpp"

namespace medvision {
namespace {

using figures = std::vector<grade_figure>;
using numbers = std::vector<std::optional<double>>;

constexpr const char* one_class = "one class only";

grade_figure with_interval(std::string name, std::optional<double> value, const bootstrap_interval* b,
                           std::string why) {
  grade_figure f{std::move(name), {{"value", value}}, value ? "" : std::move(why)};
  if (b && b->replicates > 0)
    f.values.insert(f.values.end(), {{"low", b->low}, {"high", b->high}, {"dropped", double(b->dropped)}});
  return f;
}

std::vector<std::uint8_t> flags_of_positive(const graded_cases& c) {
  std::vector<std::uint8_t> flags;
  for (const int t : c.truth) flags.push_back(c.is_positive[std::size_t(t)]);
  return flags;
}

numbers agreement(const confusion_table& t) {
  return {accuracy_of(t), kappa_of(t, kappa_weight::quadratic), kappa_of(t, kappa_weight::linear),
          kappa_of(t, kappa_weight::none)};
}

void add_agreement(figures& out, const graded_cases& c, const confusion_table& table, const grade_questions& q) {
  std::vector<int> cells;
  std::vector<std::uint64_t> patients;
  for (std::size_t i = 0; i < c.truth.size(); ++i)
    if (c.predicted[i] >= 0)
      cells.push_back(c.truth[i] * table.size + c.predicted[i]), patients.push_back(c.patients[i]);
  const auto intervals = bootstrap_table(cells, table.size * table.size, patients, q.bootstrap, [&](auto counts) {
    confusion_table t(table.size);
    t.counts.assign(counts.begin(), counts.end());
    return agreement(t);
  });
  const numbers met = agreement(table);
  const char* names[] = {"accuracy", "kappa_quadratic", "kappa_linear", "kappa_unweighted"};
  for (std::size_t i = 0; i < met.size(); ++i)
    out.push_back(with_interval(names[i], met[i], &intervals[i],
                                i == 0 ? "no case" : "no disagreement is expected: one label only"));
}

// Rates of each label, areas against the rest where every label has a score, and their means.
void add_labels(figures& out, const graded_cases& c, const confusion_table& table,
                std::span<const std::string> labels) {
  const char* names[] = {"recall", "specificity", "precision", "f1", "f2", "f05", "auc", "ap"};
  std::vector<numbers> columns(std::size(names));
  for (int k = 0; k < table.size; ++k) {
    const binary_table b = one_against_rest(table, k);
    const binary_rates r = rates_of(b);
    numbers values = {r.recall, r.specificity, r.precision, r.f1, r.f2, r.f05, {}, {}};
    if (!c.scores.empty()) {
      std::vector<double> scores;
      std::vector<std::uint8_t> is;
      for (std::size_t i = 0; i < c.truth.size(); ++i)
        scores.push_back(c.scores[i * labels.size() + std::size_t(k)]), is.push_back(c.truth[i] == k);
      const score_counts counts = count_scores(scores, is);
      values[6] = roc_auc(counts), values[7] = average_precision(counts);
    }
    grade_figure f{
        "label " + labels[std::size_t(k)], {{"truth", double(b.tp + b.fn)}, {"predicted", double(b.tp + b.fp)}}, ""};
    for (std::size_t i = 0; i < std::size(names); ++i) {
      f.values.emplace_back(names[i], values[i]);
      columns[i].push_back(values[i]);
      if (!values[i] && (i < 6 || !c.scores.empty()))
        f.why = "a denominator is 0: not there, never predicted, or nothing else";
    }
    if (c.scores.empty()) f.values.resize(f.values.size() - 2);
    out.push_back(f);
  }
  grade_figure macro{"macro", {}, ""}, defined{"labels_defined", {}, ""};
  for (std::size_t i = 0; i < (c.scores.empty() ? 6 : std::size(names)); ++i) {
    const macro_rate m = macro_of(columns[i]);
    macro.values.emplace_back(names[i], m.mean), defined.values.emplace_back(names[i], double(m.defined));
  }
  const bool lacks = std::any_of(macro.values.begin(), macro.values.end(), [](const auto& v) { return !v.second; });
  if (lacks) macro.why = "defined for no label";
  out.push_back(macro), out.push_back(defined);
}

void add_six(figures& out, const binary_table& t, std::optional<double> auc, double threshold) {
  const binary_rates r = rates_of(t);
  grade_figure six{"six",
                   {{"accuracy", r.accuracy},
                    {"recall", r.recall},
                    {"precision", r.precision},
                    {"f_measure", r.f1},
                    {"specificity", r.specificity},
                    {"roc_auc", auc}},
                   ""};
  for (const auto& [name, value] : six.values)
    if (!value)
      six.why += fmt::format("{}{}: {}", six.why.empty() ? "" : "; ", name,
                             name == "roc_auc" ? "no scores, or one class only" : "a denominator is 0");
  out.push_back(six);
  out.push_back({"six_at",
                 {{"threshold", threshold},
                  {"tp", double(t.tp)},
                  {"fp", double(t.fp)},
                  {"fn", double(t.fn)},
                  {"tn", double(t.tn)}},
                 ""});
}

void add_point(figures& out, const std::string& name, const std::optional<operating_point>& chosen,
               const score_counts& here) {
  grade_figure f{
      name,
      {{"threshold", {}}, {"sensitivity", {}}, {"specificity", {}}, {"tp", {}}, {"fp", {}}, {"fn", {}}, {"tn", {}}},
      one_class};
  if (chosen) {
    const binary_table t = point_at(here, chosen->threshold).table;
    const binary_rates r = rates_of(t);
    const numbers values = {chosen->threshold, r.recall,     r.specificity, double(t.tp),
                            double(t.fp),      double(t.fn), double(t.tn)};
    for (std::size_t i = 0; i < values.size(); ++i) f.values[i].second = values[i];
    f.why = r.recall && r.specificity ? "" : one_class;
  }
  out.push_back(f);
}

void add_calibration(figures& out, const graded_cases& c, const std::vector<std::uint8_t>& flags) {
  const bool probabilities = !c.positive.empty() && std::all_of(c.positive.begin(), c.positive.end(),
                                                                [](double p) { return p >= 0 && p <= 1; });
  const std::string why = c.positive.empty() ? "no case" : "a score is outside 0 to 1";
  out.push_back(
      with_interval("brier", probabilities ? std::optional(brier(c.positive, flags)) : std::nullopt, nullptr, why));
  out.push_back(with_interval("calibration_error",
                              probabilities ? std::optional(calibration_error(c.positive, flags)) : std::nullopt,
                              nullptr, why));
}

void add_brier_of_classes(figures& out, const graded_cases& c) {
  const bool shares = std::all_of(c.scores.begin(), c.scores.end(), [](double p) { return p >= 0 && p <= 1; });
  const int classes = int(c.scores.size() / c.truth.size());
  out.push_back(with_interval("brier_of_classes",
                              shares ? std::optional(brier_of_classes(c.scores, c.truth, classes)) : std::nullopt,
                              nullptr, "a score is outside 0 to 1"));
}

void add_areas(figures& out, const graded_cases& c, const score_counts& counts, const std::vector<std::uint8_t>& flags,
               const grade_questions& q) {
  const auto b = bootstrap_auc(c.positive, flags, c.patients, q.bootstrap);
  out.push_back(with_interval("roc_auc", roc_auc(counts), &b, one_class));
  const auto e = delong(counts);
  grade_figure d{"roc_auc_delong", {{"value", {}}, {"low", {}}, {"high", {}}, {"se", {}}}, "fewer than two of a class"};
  if (e) {
    const auto i = delong_interval(*e, q.bootstrap.level);
    d = {d.name, {{"value", e->auc}, {"low", i.low}, {"high", i.high}, {"se", std::sqrt(e->variance)}}, ""};
  }
  out.push_back(d);
  out.push_back(with_interval("average_precision", average_precision(counts), nullptr, "no positive"));
  out.push_back(with_interval("pr_area", pr_area(counts), nullptr, "no positive"));
}

void add_versus(figures& out, const graded_cases& c, const std::vector<std::uint8_t>& flags) {
  const auto d = delong_difference(c.positive, c.versus, flags);
  grade_figure f{"versus",
                 {{"auc", {}}, {"other_auc", {}}, {"difference", {}}, {"se", {}}, {"z", {}}, {"p", {}}},
                 "fewer than two of a class"};
  if (d)
    f = {f.name,
         {{"auc", d->auc_a},
          {"other_auc", d->auc_b},
          {"difference", d->difference},
          {"se", std::sqrt(d->variance)},
          {"z", d->z},
          {"p", d->p}},
         d->z                 ? ""
         : d->difference == 0 ? "both order every pair alike"
                              : "the difference has no variance"};
  out.push_back(f);
}

}  // namespace

score_counts counts_of_positive(const graded_cases& c) { return count_scores(c.positive, flags_of_positive(c)); }

confusion_table confusion_of(const graded_cases& c) {
  confusion_table t(int(c.is_positive.size()));
  for (std::size_t i = 0; i < c.truth.size(); ++i)
    if (c.predicted[i] >= 0) t.add(c.truth[i], c.predicted[i]);
  return t;
}

std::vector<grade_figure> grade_figures(const graded_cases& c, std::span<const std::string> labels,
                                        const grade_questions& q) {
  figures out;
  const confusion_table table = confusion_of(c);
  const bool predicted = table.total() > 0 || c.truth.empty();
  if (predicted) add_agreement(out, c, table, q);
  if (predicted || !c.scores.empty()) add_labels(out, c, table, labels);
  if (!c.scores.empty()) add_brier_of_classes(out, c);
  const bool binary = std::any_of(c.is_positive.begin(), c.is_positive.end(), [](std::uint8_t p) { return p != 0; });
  if (!binary) return out;
  const auto flags = flags_of_positive(c);
  if (c.positive.empty() && !c.truth.empty()) {  // labels alone: no threshold, no areas
    binary_table t;
    for (std::size_t i = 0; i < c.truth.size(); ++i) {
      const bool is = flags[i], said = c.predicted[i] >= 0 && c.is_positive[std::size_t(c.predicted[i])];
      (is ? (said ? t.tp : t.fn) : (said ? t.fp : t.tn)) += 1;
    }
    add_six(out, t, std::nullopt, q.threshold);
    out.pop_back();
    return out;
  }
  const score_counts counts = count_scores(c.positive, flags);
  add_areas(out, c, counts, flags, q);
  add_six(out, point_at(counts, q.threshold).table, roc_auc(counts), q.threshold);
  const score_counts& chosen_on = q.chosen_on ? *q.chosen_on : counts;
  for (const double s : q.at_specificity)
    add_point(out, fmt::format("at_specificity_{}", s), point_at_specificity(chosen_on, s), counts);
  for (const double s : q.at_sensitivity)
    add_point(out, fmt::format("at_sensitivity_{}", s), point_at_sensitivity(chosen_on, s), counts);
  add_calibration(out, c, flags);
  if (!c.versus.empty()) add_versus(out, c, flags);
  return out;
}

}  // namespace medvision
