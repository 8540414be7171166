// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/grades.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <numeric>

#include "medvision/error.hpp"

namespace medvision {
namespace {

std::optional<double> share(double part, double whole) {
  if (!(whole > 0)) return std::nullopt;
  return part / whole;
}

std::optional<double> f_score(const binary_table& t, double beta) {
  const double b = beta * beta, hits = (1 + b) * double(t.tp);
  return share(hits, hits + b * double(t.fn) + double(t.fp));
}

double weight_of(int i, int j, kappa_weight weight) {
  const double apart = std::abs(i - j);
  return weight == kappa_weight::none ? double(i != j) : weight == kappa_weight::linear ? apart : apart * apart;
}

}  // namespace

confusion_table::confusion_table(int labels) : size(labels) {
  if (labels < 1) throw error("E_RANGE", fmt::format("a confusion table has 1 label or more, met {}", labels));
  counts.resize(std::size_t(labels) * std::size_t(labels));
}

void confusion_table::add(int truth, int predicted, std::int64_t cases) {
  for (const int label : {truth, predicted})
    if (label < 0 || label >= size)
      throw error("E_LABEL", fmt::format("the label {} is outside the {} declared", label, size));
  counts[std::size_t(truth * size + predicted)] += cases;
}

std::int64_t confusion_table::total() const { return std::accumulate(counts.begin(), counts.end(), std::int64_t{0}); }

binary_table one_against_rest(const confusion_table& table, int label) {
  binary_table b;
  for (int i = 0; i < table.size; ++i)
    for (int j = 0; j < table.size; ++j)
      (i == label ? (j == label ? b.tp : b.fn) : (j == label ? b.fp : b.tn)) += table.at(i, j);
  return b;
}

binary_rates rates_of(const binary_table& t) {
  const auto tp = double(t.tp), fp = double(t.fp), fn = double(t.fn), tn = double(t.tn);
  return {share(tp + tn, tp + fp + fn + tn),
          share(tp, tp + fn),
          share(tn, tn + fp),
          share(tp, tp + fp),
          f_score(t, 1),
          f_score(t, 2),
          f_score(t, 0.5)};
}

std::optional<double> accuracy_of(const confusion_table& table) {
  std::int64_t agreed = 0;
  for (int i = 0; i < table.size; ++i) agreed += table.at(i, i);
  return share(double(agreed), double(table.total()));
}

std::optional<double> kappa_of(const confusion_table& table, kappa_weight weight) {
  std::vector<double> rows(std::size_t(table.size)), columns(std::size_t(table.size));
  for (int i = 0; i < table.size; ++i)
    for (int j = 0; j < table.size; ++j) {
      rows[std::size_t(i)] += double(table.at(i, j));
      columns[std::size_t(j)] += double(table.at(i, j));
    }
  double met = 0, expected = 0;
  for (int i = 0; i < table.size; ++i)
    for (int j = 0; j < table.size; ++j) {
      const double w = weight_of(i, j, weight);
      met += w * double(table.at(i, j));
      expected += w * rows[std::size_t(i)] * columns[std::size_t(j)];
    }
  if (!(expected > 0)) return std::nullopt;
  return 1 - met * double(table.total()) / expected;
}

macro_rate macro_of(std::span<const std::optional<double>> rates) {
  macro_rate m;
  double sum = 0;
  for (const auto& r : rates)
    if (r) sum += *r, ++m.defined;
  if (m.defined > 0) m.mean = sum / m.defined;
  return m;
}

}  // namespace medvision
