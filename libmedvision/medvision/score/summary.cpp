// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "medvision/error.hpp"
#include "medvision/score/delong.hpp"
#include "medvision/score/sums.hpp"

namespace medvision {
namespace {

void check_finite(double v) {
  if (!std::isfinite(v)) throw error("E_NONFINITE", fmt::format("a value of the study is {}", v));
}

// Mean difference of each patient, patients by key.
struct patient_difference {
  std::uint64_t patient = 0;
  double mean = 0;
  std::int64_t cases = 0;
};

std::vector<patient_difference> differences_of(std::vector<value_pair> pairs) {
  std::sort(pairs.begin(), pairs.end(), [](const value_pair& x, const value_pair& y) {
    return std::tuple(x.patient, x.a, x.b) < std::tuple(y.patient, y.a, y.b);
  });
  std::vector<patient_difference> out;
  for (const value_pair& p : pairs) {
    if (out.empty() || out.back().patient != p.patient) out.push_back({p.patient, 0, 0});
    out.back().mean += p.a - p.b;
    ++out.back().cases;
  }
  for (auto& d : out) d.mean /= double(d.cases);
  return out;
}

std::optional<double> wilcoxon_p(const std::vector<patient_difference>& differences) {
  std::vector<double> d;
  for (const auto& p : differences)
    if (p.mean != 0) d.push_back(p.mean);
  if (d.empty()) return std::nullopt;
  std::sort(d.begin(), d.end(), [](double x, double y) { return std::abs(x) < std::abs(y); });
  const auto n = double(d.size());
  double positive = 0, ties = 0;
  for (std::size_t i = 0, end = 0; i < d.size(); i = end) {
    while (end < d.size() && std::abs(d[end]) == std::abs(d[i])) ++end;
    const double rank = double(i + 1 + end) / 2, t = double(end - i);
    for (std::size_t k = i; k < end; ++k) positive += d[k] > 0 ? rank : 0;
    ties += t * t * t - t;
  }
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48;
  return normal_p((positive - n * (n + 1) / 4) / std::sqrt(variance));
}

std::optional<double> flip_p(const std::vector<patient_difference>& differences, const bootstrap_options& o) {
  if (differences.empty() || o.replicates == 0) return std::nullopt;
  double met = 0, scale = 0;
  for (const auto& d : differences) met += d.mean, scale += std::abs(d.mean);
  std::int64_t as_far = 1;
  for (int r = 0; r < o.replicates; ++r) {
    double sum = 0;
    for (const auto& d : differences) sum += patient_coin(d.patient, o.seed, r) ? d.mean : -d.mean;
    as_far += std::abs(sum) >= std::abs(met) - 1e-12 * scale;
  }
  return double(as_far) / double(o.replicates + 1);
}

}  // namespace

value_summary summarize_values(std::vector<double> values) {
  value_summary s;
  s.n = std::int64_t(values.size());
  if (values.empty()) return s;
  for (double& v : values) check_finite(v), v += 0.0;  // -0 becomes 0
  std::sort(values.begin(), values.end());
  long_sum sum, squares;
  for (const double v : values) sum.add(v);
  s.mean = sum.value() / double(s.n);
  for (const double v : values) squares.add((v - *s.mean) * (v - *s.mean));
  if (s.n > 1) s.sd = std::sqrt(squares.value() / double(s.n - 1));
  s.low = values.front(), s.high = values.back();
  s.q1 = quantile_of_sorted(values, 0.25);
  s.median = quantile_of_sorted(values, 0.5);
  s.q3 = quantile_of_sorted(values, 0.75);
  return s;
}

std::optional<double> worst_of(std::string_view name, const value_summary& met) {
  name = name.substr(0, name.find('@'));
  std::size_t dot = name.rfind('.');
  const auto is_digit = [&](std::size_t at) { return at < name.size() && name[at] >= '0' && name[at] <= '9'; };
  while (dot != std::string_view::npos && dot > 0 && is_digit(dot - 1) && is_digit(dot + 1))
    dot = name.rfind('.', dot - 1);
  const std::string_view last = name.substr(dot + 1);
  const auto begins = [&](const auto& words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return last.starts_with(w); });
  };
  constexpr std::array<std::string_view, 8> lower = {"hd", "assd", "masd", "msd", "brier", "ece", "mae", "fp_"};
  constexpr std::array<std::string_view, 2> agreement = {"mcc", "kappa"};
  constexpr std::array<std::string_view, 23> share = {
      "dice",     "soft_dice", "iou",    "iom",     "sensitivity", "specificity", "precision",  "recall",
      "accuracy", "balanced",  "f1",     "f2",      "f05",         "volume_sim",  "auc",        "ap",
      "pr_area",  "nsd",       "cldice", "lesion_", "pointing",    "image_found", "oracle_dice"};
  if (begins(lower)) return met.high;
  if (begins(agreement)) return -1;
  if (begins(share)) return 0;
  return std::nullopt;
}

std::optional<double> mean_with(const value_summary& met, double worst, std::int64_t lacking) {
  if (met.n + lacking == 0) return std::nullopt;
  const double defined = met.n > 0 ? *met.mean * double(met.n) : 0;
  return (defined + worst * double(lacking)) / double(met.n + lacking);
}

paired_summary compare_pairs(std::span<const value_pair> pairs, const bootstrap_options& o) {
  paired_summary s;
  s.n = std::int64_t(pairs.size());
  if (pairs.empty()) return s;
  std::vector<double> difference, one(pairs.size(), 1);
  std::vector<std::uint64_t> patients;
  for (const value_pair& p : pairs) {
    check_finite(p.a), check_finite(p.b);
    difference.push_back(p.a - p.b);
    patients.push_back(p.patient);
  }
  const auto by_patient = differences_of({pairs.begin(), pairs.end()});
  s.patients = std::int64_t(by_patient.size());
  s.mean = sum_of_any_order(difference) / double(s.n);
  s.wilcoxon_p = wilcoxon_p(by_patient);
  s.flip_p = flip_p(by_patient, o);
  s.interval = bootstrap_ratio(difference, one, patients, o);
  return s;
}

}  // namespace medvision
