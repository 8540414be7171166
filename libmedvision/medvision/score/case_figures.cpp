// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/case_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "medvision/error.hpp"
#include "medvision/score/boxes.hpp"

namespace medvision {
namespace {

void add_interval(named_numbers& out, const bootstrap_interval& b) {
  if (b.replicates > 0) out.insert(out.end(), {{"low", b.low}, {"high", b.high}, {"dropped", double(b.dropped)}});
}

std::vector<std::string> names_of(const std::string& sum) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= sum.size();) {
    const std::size_t end = std::min(sum.find('+', begin), sum.size());
    names.push_back(sum.substr(begin, end - begin));
    if (names.back().empty()) return {};
    begin = end + 1;
  }
  return names;
}

}  // namespace

named_numbers measure_figure(std::string_view name, measured_cases c, const bootstrap_options& o) {
  std::vector<double> values = std::move(c.values);
  std::vector<std::uint64_t> patients;
  if (o.replicates > 0) patients.reserve(values.size());  // doubling would hold twice as much
  std::int64_t failed = 0, undefined = 0, excluded = 0;
  std::size_t defined = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (c.failed[i]) {
      ++failed;
    } else if (std::isnan(values[i])) {
      ++undefined;
    } else if (std::isinf(values[i])) {
      ++excluded;
    } else {
      values[defined++] = values[i];
      if (o.replicates > 0) patients.push_back(c.patients[i]);
    }
  }
  values.resize(defined);
  named_numbers interval;
  if (o.replicates > 0)
    add_interval(interval, bootstrap_ratio(values, std::vector<double>(values.size(), 1), patients, o));
  const value_summary s = summarize_values(std::move(values));
  const auto worst = worst_of(name, s);
  named_numbers out = {{"n", double(s.n)},
                       {"failed", double(failed)},
                       {"undefined", double(undefined)},
                       {"excluded", double(excluded)},
                       {"mean", s.mean},
                       {"sd", s.sd},
                       {"median", s.median},
                       {"q1", s.q1},
                       {"q3", s.q3},
                       {"min", s.low},
                       {"max", s.high},
                       {"mean_worst", worst ? mean_with(s, *worst, failed + undefined) : std::nullopt}};
  out.insert(out.end(), interval.begin(), interval.end());
  return out;
}

std::string why_undefined(const named_numbers& figure) {
  std::string why;
  for (const auto& [name, value] : figure) {
    const char* reason = name == "mean" || name == "auc_mean" ? "no case has a value"
                         : name == "sd"                       ? "fewer than two values"
                         : name == "mean_worst"               ? "no worst value is known"
                         : name == "value"                    ? "the sum below is 0"
                         : name == "low"                      ? "undefined in every replicate"
                         : name == "auc_pooled"               ? "one class only"
                         : name == "ap_pooled"                ? "no positive"
                         : name == "froc_score"               ? "no true box or no image"
                         : name == "flip_p"                   ? "no replicates: --bootstrap N"
                         : name == "wilcoxon_p"               ? "no difference"
                                                              : nullptr;
    if (!value && reason) why += (why.empty() ? "" : "; ") + name + ": " + reason;
  }
  return why;
}

ratio_rule parse_ratio(const std::string& text) {
  const std::size_t equals = text.find('='), slash = text.find('/', equals == std::string::npos ? 0 : equals);
  ratio_rule r;
  if (equals != std::string::npos && equals > 0 && slash != std::string::npos)
    r = {text.substr(0, equals), names_of(text.substr(equals + 1, slash - equals - 1)),
         names_of(text.substr(slash + 1))};
  if (r.above.empty() || r.below.empty())
    throw error("E_OPTION", fmt::format("--ratio takes NAME=a+b/c+d, met '{}'", text), blame::request);
  return r;
}

std::vector<ratio_rule> ratios_of(const std::vector<std::string>& asked, const std::vector<std::string>& measures) {
  std::vector<ratio_rule> rules;
  for (const std::string& text : asked) rules.push_back(parse_ratio(text));
  const std::string found = ".found";
  for (const std::string& m : measures) {
    const std::size_t at = m.rfind(found);
    if (at == std::string::npos || (at + found.size() < m.size() && m[at + found.size()] != '@')) continue;
    const std::string truth = m.substr(0, at) + ".truth";
    if (std::find(measures.begin(), measures.end(), truth) != measures.end())
      rules.push_back({m.substr(0, at) + ".recall_by_box" + m.substr(at + found.size()), {m}, {truth}});
  }
  return rules;
}

double defined_sum(const std::vector<double>& values) {
  std::vector<double> defined;
  for (const double v : values)
    if (std::isfinite(v)) defined.push_back(v);
  return sum_of_any_order(std::move(defined));
}

named_numbers pool_figure(const ranking_areas& areas, const std::vector<double>& auc_of_cases) {
  std::vector<double> defined;
  for (const double v : auc_of_cases)
    if (std::isfinite(v)) defined.push_back(v);
  const value_summary s = summarize_values(defined);
  return {{"auc_pooled", areas.roc_auc()},
          {"ap_pooled", areas.average_precision()},
          {"pr_area_pooled", areas.pr_area()},
          {"positives", double(areas.positives())},
          {"negatives", double(areas.negatives())},
          {"auc_mean", s.mean},
          {"auc_n", double(s.n)}};
}

named_numbers ratio_figure(std::span<const double> above, std::span<const double> below,
                           std::span<const std::uint64_t> patients, const bootstrap_options& o) {
  std::vector<double> a, b;
  std::vector<std::uint64_t> keys;
  for (std::size_t i = 0; i < above.size(); ++i)
    if (std::isfinite(above[i]) && std::isfinite(below[i]))
      a.push_back(above[i]), b.push_back(below[i]), keys.push_back(patients[i]);
  const double up = sum_of_any_order(a), down = sum_of_any_order(b);
  named_numbers out = {{"value", down > 0 ? std::optional(up / down) : std::nullopt},
                       {"above", up},
                       {"below", down},
                       {"n", double(a.size())},
                       {"excluded", double(above.size() - a.size())}};
  if (o.replicates > 0) add_interval(out, bootstrap_ratio(a, b, keys, o));
  return out;
}

named_numbers froc_figure(const score_counts& counts, double truth, double images, std::span<const double> rates) {
  named_numbers out = {{"truth", truth}, {"images", images}};
  double sum = 0;
  bool defined = !rates.empty();
  for (const double rate : rates) {
    const auto s = sensitivity_at(counts, std::int64_t(truth), std::int64_t(images), rate);
    out.emplace_back(fmt::format("sensitivity_at_{}", rate), s);
    defined = defined && s;
    sum += s.value_or(0);
  }
  out.emplace_back("froc_score", defined ? std::optional(sum / double(rates.size())) : std::nullopt);
  return out;
}

named_numbers paired_figure(std::span<const std::uint64_t> patients, std::span<const double> first,
                            std::span<const double> second, const bootstrap_options& o) {
  std::vector<value_pair> pairs;
  for (std::size_t i = 0; i < patients.size(); ++i) pairs.push_back({patients[i], first[i], second[i]});
  const paired_summary s = compare_pairs(pairs, o);
  named_numbers out = {{"n", double(s.n)},
                       {"patients", double(s.patients)},
                       {"mean", s.mean},
                       {"wilcoxon_p", s.wilcoxon_p},
                       {"flip_p", s.flip_p}};
  add_interval(out, s.interval);
  return out;
}

}  // namespace medvision
