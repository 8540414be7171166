// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/score/sums.hpp"

namespace medvision {
namespace {

void check(std::span<const double> probability, std::size_t expected, std::size_t cases) {
  if (probability.size() != expected || cases == 0)
    throw error("E_SHAPE",
                fmt::format("{} probabilities for {} cases, {} expected", probability.size(), cases, expected));
  for (const double p : probability)
    if (!(p >= 0 && p <= 1)) throw error("E_RANGE", fmt::format("{} is no probability: 0 to 1", p));
}

}  // namespace

double brier(std::span<const double> probability, std::span<const std::uint8_t> positive) {
  check(probability, positive.size(), positive.size());
  std::vector<double> squares;
  for (std::size_t i = 0; i < positive.size(); ++i) {
    const double off = probability[i] - double(positive[i] != 0);
    squares.push_back(off * off);
  }
  return sum_of_any_order(std::move(squares)) / double(positive.size());
}

double brier_of_classes(std::span<const double> probabilities, std::span<const int> truth, int classes) {
  check(probabilities, truth.size() * std::size_t(classes), truth.size());
  std::vector<double> squares;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    const double off = probabilities[i] - double(truth[i / std::size_t(classes)] == int(i % std::size_t(classes)));
    squares.push_back(off * off);
  }
  return sum_of_any_order(std::move(squares)) / double(truth.size());
}

double calibration_error(std::span<const double> confidence, std::span<const std::uint8_t> right, int bins) {
  check(confidence, right.size(), right.size());
  std::vector<std::vector<double>> inside(std::size_t(bins), std::vector<double>{});
  std::vector<double> hits(inside.size());
  for (std::size_t i = 0; i < right.size(); ++i) {
    const auto bin = std::min(inside.size() - 1, std::size_t(confidence[i] * bins));
    inside[bin].push_back(confidence[i]);
    hits[bin] += double(right[i] != 0);
  }
  double sum = 0;
  for (std::size_t b = 0; b < inside.size(); ++b) sum += std::abs(sum_of_any_order(std::move(inside[b])) - hits[b]);
  return sum / double(right.size());
}

}  // namespace medvision
