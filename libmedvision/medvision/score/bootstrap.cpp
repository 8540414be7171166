// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>
#include <tuple>
#include <unordered_map>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr unsigned most_weight = 12;  // P(more) is below 2^-32
constexpr int table_bits = 12;

// 2^32 times P(weight <= k) of a Poisson variable of mean 1.
std::array<std::uint64_t, most_weight> thresholds() {
  std::array<std::uint64_t, most_weight> t{};
  double term = std::exp(-1.0), sum = 0;
  for (unsigned k = 0; k < most_weight; ++k) {
    sum += term;
    t[k] = std::uint64_t(std::ldexp(sum, 32));
    term /= k + 1;
  }
  return t;
}

unsigned weight_by_search(std::uint32_t u) {
  static const auto t = thresholds();
  unsigned w = 0;
  while (w < most_weight && u >= t[w]) ++w;
  return w;
}

// The weight by the upper bits of u alone, or 255 where a threshold lies between.
std::array<std::uint8_t, 1 << table_bits> make_table() {
  std::array<std::uint8_t, 1 << table_bits> table{};
  constexpr int rest = 32 - table_bits;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const unsigned low = weight_by_search(i << rest), high = weight_by_search((i << rest) | ((1U << rest) - 1));
    table[i] = std::uint8_t(low == high ? low : 255);
  }
  return table;
}

inline unsigned weight_of(std::uint32_t u, const std::array<std::uint8_t, 1 << table_bits>& table) {
  const unsigned w = table[u >> (32 - table_bits)];
  return w == 255 ? weight_by_search(u) : w;
}

// The finisher of SplitMix64 (Steele et al., OOPSLA 2014): every bit of the input moves every bit of the output.
inline std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Two replicates share a hash: its halves.
std::uint64_t salt_of(std::uint64_t seed, int pair) {
  return mix(mix(seed + 0x9e3779b97f4a7c15ULL) + 0x9e3779b97f4a7c15ULL * (std::uint64_t(pair) + 1));
}

/// Patients by number, in the order of their first case, so that weights are read nearly in order; mixed once.
struct patient_index {
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> of_case;

  explicit patient_index(std::span<const std::uint64_t> patients) {
    std::unordered_map<std::uint64_t, std::uint32_t> number;
    number.reserve(patients.size());
    for (const std::uint64_t p : patients) {
      const auto [it, fresh] = number.try_emplace(p, std::uint32_t(keys.size()));
      if (fresh) keys.push_back(mix(p));
      of_case.push_back(it->second);
    }
  }

  /// Weights of both replicates of a pair.
  void draw(std::uint64_t salt, std::array<std::vector<std::uint8_t>, 2>& weights) const {
    static const auto table = make_table();
    for (auto& w : weights) w.resize(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::uint64_t h = mix(keys[i] + salt);
      weights[0][i] = std::uint8_t(weight_of(std::uint32_t(h), table));
      weights[1][i] = std::uint8_t(weight_of(std::uint32_t(h >> 32), table));
    }
  }
};

using figure_list = std::vector<std::optional<double>>;

/// Every replicate's figures of its weights, by number of replicate, on o.threads threads.
std::vector<figure_list> replicate(const patient_index& patients, const bootstrap_options& o,
                                   const std::function<figure_list(std::span<const std::uint8_t>)>& figures) {
  std::vector<figure_list> out(std::size_t(std::max(o.replicates, 0)));
  std::atomic<int> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    try {
      std::array<std::vector<std::uint8_t>, 2> weights;
      for (int pair = next++; 2 * pair < o.replicates; pair = next++) {
        patients.draw(salt_of(o.seed, pair), weights);
        for (int half = 0; half < 2 && 2 * pair + half < o.replicates; ++half)
          out[std::size_t(2 * pair + half)] = figures(weights[std::size_t(half)]);
      }
    } catch (...) {
      const std::lock_guard lock(failing);
      failure = std::current_exception();
    }
  };
  std::vector<std::jthread> others;
  for (int i = 1; i < std::min(o.threads, (o.replicates + 1) / 2); ++i) others.emplace_back(work);
  work();
  others.clear();
  if (failure) std::rethrow_exception(failure);
  return out;
}

bootstrap_interval interval_of(const std::vector<figure_list>& replicates, std::size_t figure, double level) {
  bootstrap_interval b;
  b.replicates = int(replicates.size());
  std::vector<double> values;
  for (const figure_list& r : replicates)
    if (r[figure]) values.push_back(*r[figure]);
  b.dropped = b.replicates - int(values.size());
  if (values.empty()) return b;
  std::sort(values.begin(), values.end());
  b.low = quantile_of_sorted(values, (1 - level) / 2);
  b.high = quantile_of_sorted(values, (1 + level) / 2);
  return b;
}

void check_lengths(std::size_t a, std::size_t b, std::size_t patients) {
  if (a != b || a != patients)
    throw error("E_SHAPE", fmt::format("{} and {} values of {} patients' cases; lengths must agree", a, b, patients));
}

/// Cases from the highest score down, and where each run of equal scores ends.
struct sorted_cases {
  std::vector<std::uint64_t> patients;
  std::vector<std::uint8_t> positive;
  std::vector<std::uint32_t> ends;
};

sorted_cases sort_cases(std::span<const double> scores, std::span<const std::uint8_t> positive,
                        std::span<const std::uint64_t> patients) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  for (const double s : scores)
    if (!std::isfinite(s)) throw error("E_NONFINITE", fmt::format("a score is {}", s));
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; });
  sorted_cases c;
  for (std::size_t i = 0; i < order.size(); ++i) {
    c.patients.push_back(patients[order[i]]);
    c.positive.push_back(positive[order[i]] ? 1 : 0);
    if (i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]]) c.ends.push_back(std::uint32_t(i + 1));
  }
  return c;
}

std::optional<double> weighted_auc(const sorted_cases& cases, const std::vector<std::uint32_t>& patient_of,
                                   std::span<const std::uint8_t> weights) {
  std::uint64_t positives = 0, negatives = 0, lost = 0;  // lost: twice the pairs in the wrong order
  std::uint32_t i = 0;
  for (const std::uint32_t end : cases.ends) {
    std::uint64_t p = 0, all = 0;
    for (; i < end; ++i) {
      const std::uint64_t w = weights[patient_of[i]];
      all += w;
      p += w * cases.positive[i];
    }
    const std::uint64_t n = all - p;
    lost += p * (2 * negatives + n);
    positives += p, negatives += n;
  }
  if (positives == 0 || negatives == 0) return std::nullopt;
  return 1 - double(lost) / (2 * double(positives) * double(negatives));
}

}  // namespace

unsigned patient_weight(std::uint64_t patient, std::uint64_t seed, int replicate) {
  const std::uint64_t h = mix(mix(patient) + salt_of(seed, replicate / 2));
  return weight_by_search(std::uint32_t(replicate % 2 ? h >> 32 : h));
}

bool patient_coin(std::uint64_t patient, std::uint64_t seed, int replicate) {
  return (mix(mix(patient) + mix(salt_of(~seed, replicate))) >> 63) != 0;
}

bootstrap_interval bootstrap_ratio(std::span<const double> numerator, std::span<const double> denominator,
                                   std::span<const std::uint64_t> patients, const bootstrap_options& o) {
  check_lengths(numerator.size(), denominator.size(), patients.size());
  // The sums of each patient first, and patients in one order, so that the bits do not depend on that of the cases.
  std::vector<std::size_t> order(patients.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tuple(patients[a], numerator[a], denominator[a]) <
           std::tuple(patients[b], numerator[b], denominator[b]);
  });
  std::vector<std::uint64_t> keys;
  std::vector<double> above, below;
  for (const std::size_t i : order) {
    if (keys.empty() || keys.back() != patients[i]) keys.push_back(patients[i]), above.push_back(0), below.push_back(0);
    above.back() += numerator[i], below.back() += denominator[i];
  }
  const patient_index index(keys);
  const auto figures = [&](std::span<const std::uint8_t> weights) -> figure_list {
    double a = 0, b = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) a += weights[i] * above[i], b += weights[i] * below[i];
    return {b > 0 ? std::optional(a / b) : std::nullopt};
  };
  return interval_of(replicate(index, o, figures), 0, o.level);
}

bootstrap_interval bootstrap_auc(std::span<const double> scores, std::span<const std::uint8_t> positive,
                                 std::span<const std::uint64_t> patients, const bootstrap_options& o) {
  check_lengths(scores.size(), positive.size(), patients.size());
  const sorted_cases cases = sort_cases(scores, positive, patients);
  const patient_index index(cases.patients);
  return interval_of(replicate(index, o,
                               [&](std::span<const std::uint8_t> w) -> figure_list {
                                 return {weighted_auc(cases, index.of_case, w)};
                               }),
                     0, o.level);
}

std::vector<bootstrap_interval> bootstrap_table(
    std::span<const int> cells, int size, std::span<const std::uint64_t> patients, const bootstrap_options& o,
    const std::function<std::vector<std::optional<double>>(std::span<const std::int64_t>)>& figures) {
  check_lengths(cells.size(), cells.size(), patients.size());
  const patient_index index(patients);
  const auto all = replicate(index, o, [&](std::span<const std::uint8_t> weights) {
    std::vector<std::int64_t> table(std::size_t(size), 0);
    for (std::size_t i = 0; i < cells.size(); ++i) table[std::size_t(cells[i])] += weights[index.of_case[i]];
    return figures(table);
  });
  std::vector<bootstrap_interval> out;
  const std::size_t count = figures(std::vector<std::int64_t>(std::size_t(size), 0)).size();
  for (std::size_t f = 0; f < count; ++f) out.push_back(interval_of(all, f, o.level));
  return out;
}

double quantile_of_sorted(std::span<const double> sorted, double q) {
  const double at = q * double(sorted.size() - 1);
  const auto below = std::min(std::size_t(at), sorted.size() - 1), above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - double(below)) * (sorted[above] - sorted[below]);
}

}  // namespace medvision
