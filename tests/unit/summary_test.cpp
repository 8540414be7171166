// SPDX-License-Identifier: Apache-2.0
// Summaries, bootstrap intervals and paired tests: on paper, in any order, and against slow obvious loops.
#include "medvision/score/summary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "medvision/error.hpp"
#include "medvision/score/bootstrap.hpp"
#include "medvision/score/ranking.hpp"

using namespace medvision;

namespace {

bool near(double a, double b) { return std::abs(a - b) < 1e-12; }

struct study {
  std::vector<double> scores;
  std::vector<std::uint8_t> positive;
  std::vector<std::uint64_t> patients;
};

study some_study(std::mt19937& random, int n) {
  study s;
  for (int i = 0; i < n; ++i) {
    s.positive.push_back(random() % 3 == 0);
    s.scores.push_back(double(random() % 20) + (s.positive.back() ? 3 : 0));
    s.patients.push_back(random() % unsigned(n / 2 + 1) * 977);
  }
  return s;
}

// Every case repeated as often as its patient weighs, the area counted anew.
std::optional<double> slow_replicate(const study& s, std::uint64_t seed, int replicate) {
  std::vector<double> scores;
  std::vector<std::uint8_t> positive;
  for (std::size_t i = 0; i < s.scores.size(); ++i)
    for (unsigned k = patient_weight(s.patients[i], seed, replicate); k > 0; --k)
      scores.push_back(s.scores[i]), positive.push_back(s.positive[i]);
  return roc_auc(count_scores(scores, positive));
}

}  // namespace

TEST_CASE("five values on paper") {
  const value_summary s = summarize_values({4, 1, 2, 8, 5});
  CHECK((s.n == 5 && *s.mean == 4 && *s.low == 1 && *s.q1 == 2 && *s.median == 4 && *s.q3 == 5 && *s.high == 8));
  CHECK(*s.sd == doctest::Approx(std::sqrt(30.0 / 4)));
  CHECK(*summarize_values({1, 2}).median == 1.5);
  CHECK(*summarize_values({1, 2}).q1 == 1.25);
}

TEST_CASE("no value, and one") {
  const value_summary none = summarize_values({}), one = summarize_values({3});
  CHECK((none.n == 0 && !none.mean && !none.median));
  CHECK((*one.mean == 3 && !one.sd && *one.q1 == 3));
  CHECK_THROWS_AS(summarize_values({std::numeric_limits<double>::quiet_NaN()}), error);
}

TEST_CASE("any order of the values gives the same bits") {
  std::mt19937 random(5);
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(std::ldexp(double(random()), int(random() % 40) - 60));
  const value_summary first = summarize_values(values);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(values.begin(), values.end(), random);
    const value_summary again = summarize_values(values);
    REQUIRE((again.mean == first.mean && again.sd == first.sd && again.q3 == first.q3));
  }
}

TEST_CASE("a case without a value counts as worst, where a worst is known") {
  const value_summary s = summarize_values({0.5, 1});
  CHECK(worst_of("vessel.dice", s) == 0);
  CHECK(worst_of("kappa_quadratic", s) == -1);
  CHECK(worst_of("vessel.hd95_px", s) == 1);
  CHECK(!worst_of("vessel.area", s));
  CHECK(*mean_with(s, 0, 2) == 0.375);
  CHECK(*mean_with(summarize_values({}), 0, 2) == 0);
  CHECK(!mean_with(summarize_values({}), 0, 0));
}

TEST_CASE("weights of patients have mean 1, variance 1 and Poisson's shares, and do not know of each other") {
  double sum = 0, squares = 0, product = 0, heads = 0;
  std::vector<double> met(13);
  constexpr int n = 200000;
  for (int i = 0; i < n; ++i) {
    const double w = patient_weight(std::uint64_t(i), 7, 3), other = patient_weight(std::uint64_t(i), 7, 2);
    sum += w, squares += w * w, product += (w - 1) * (other - 1);
    heads += patient_coin(std::uint64_t(i), 7, 3);
    met[std::size_t(w)] += 1.0 / n;
  }
  CHECK(sum / n == doctest::Approx(1).epsilon(0.01));
  CHECK(squares / n - 1 == doctest::Approx(1).epsilon(0.02));
  CHECK(std::abs(product / n) < 0.01);
  CHECK(heads / n == doctest::Approx(0.5).epsilon(0.01));
  double share = std::exp(-1.0);
  for (int k = 0; k < 5; share /= ++k) CHECK(std::abs(met[std::size_t(k)] - share) < 0.005);
}

TEST_CASE("the interval of an area is that of counting every replicate anew, in any order, on any threads") {
  std::mt19937 random(9);
  for (int round = 0; round < 20; ++round) {
    study s = some_study(random, 6 + int(random() % 60));
    bootstrap_options o{101, 5, 0.9, 1};
    std::vector<double> values;
    for (int r = 0; r < o.replicates; ++r)
      if (const auto auc = slow_replicate(s, o.seed, r)) values.push_back(*auc);
    std::sort(values.begin(), values.end());
    const auto met = bootstrap_auc(s.scores, s.positive, s.patients, o);
    REQUIRE(met.dropped == o.replicates - int(values.size()));
    if (values.empty()) continue;
    REQUIRE(near(*met.low, quantile_of_sorted(values, 0.05)));
    REQUIRE(near(*met.high, quantile_of_sorted(values, 0.95)));
    std::vector<std::size_t> order(s.scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    study shuffled;
    for (const std::size_t i : order)
      shuffled.scores.push_back(s.scores[i]), shuffled.positive.push_back(s.positive[i]),
          shuffled.patients.push_back(s.patients[i]);
    o.threads = 3;
    const auto again = bootstrap_auc(shuffled.scores, shuffled.positive, shuffled.patients, o);
    REQUIRE((again.low == met.low && again.high == met.high && again.dropped == met.dropped));
  }
}

TEST_CASE("the interval of a mean is that of weighting by hand; of one patient half the replicates are empty") {
  const std::vector<double> v = {1, 2, 4}, one = {1, 1, 1};
  const std::vector<std::uint64_t> patients = {10, 20, 10};
  const bootstrap_options o{50, 3, 0.8, 2};
  std::vector<double> values;
  for (int r = 0; r < o.replicates; ++r) {
    const double a = patient_weight(10, 3, r), b = patient_weight(20, 3, r);
    if (a + b > 0) values.push_back((a * 5 + b * 2) / (a * 2 + b));
  }
  std::sort(values.begin(), values.end());
  const auto met = bootstrap_ratio(v, one, patients, o);
  CHECK(near(*met.low, quantile_of_sorted(values, 0.1)));
  CHECK(near(*met.high, quantile_of_sorted(values, 0.9)));
  CHECK(met.dropped == 50 - int(values.size()));
  const auto single =
      bootstrap_ratio(std::vector<double>{3}, std::vector<double>{1}, std::vector<std::uint64_t>{4}, {2000, 1});
  CHECK((*single.low == 3 && *single.high == 3));
  CHECK(std::abs(single.dropped / 2000.0 - std::exp(-1.0)) < 0.05);
  CHECK(!bootstrap_ratio({}, {}, {}, o).low);
  CHECK_THROWS_AS(bootstrap_ratio(v, one, std::vector<std::uint64_t>{1}, o), error);
}

TEST_CASE("the interval of a table's figures follows the weights") {
  const std::vector<int> cells = {0, 1, 1, 2};
  const std::vector<std::uint64_t> patients = {1, 2, 3, 4};
  const auto share = [](std::span<const std::int64_t> t) -> std::vector<std::optional<double>> {
    const auto all = double(t[0] + t[1] + t[2]);
    if (all == 0) return {std::nullopt, std::nullopt};
    return {double(t[1]) / all, all};
  };
  const auto met = bootstrap_table(cells, 3, patients, {400, 2}, share);
  REQUIRE(met.size() == 2);
  const std::vector<double> hit = {0, 1, 1, 0}, one = {1, 1, 1, 1};
  const auto same = bootstrap_ratio(hit, one, patients, {400, 2});
  CHECK((near(*met[0].low, *same.low) && near(*met[0].high, *same.high) && met[0].dropped == same.dropped));
}

TEST_CASE("about nineteen of twenty intervals of a mean hold the truth") {
  std::mt19937 random(21);
  std::normal_distribution<double> normal;
  int held = 0;
  constexpr int rounds = 200, n = 60;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> v, one(n, 1);
    std::vector<std::uint64_t> patients;
    for (int i = 0; i < n; ++i) v.push_back(normal(random)), patients.push_back(random());
    const auto b = bootstrap_ratio(v, one, patients, {300, std::uint64_t(round)});
    held += *b.low <= 0 && *b.high >= 0;
  }
  CHECK(held > rounds * 0.88);
  CHECK(held < rounds * 0.995);
}

TEST_CASE("pairs on paper: three up, one down") {
  // Ranks of |d|: 1, 2, 3, 4; the one down has rank 1, so W+ = 9 of mean 5 and variance 7.5.
  const std::vector<value_pair> pairs = {{1, 2, 0}, {2, 3, 0}, {3, 4, 0}, {4, 0, 1}};
  const paired_summary s = compare_pairs(pairs, {4000, 1});
  CHECK((s.n == 4 && s.patients == 4 && *s.mean == 2));
  CHECK(*s.wilcoxon_p == doctest::Approx(std::erfc(4 / std::sqrt(7.5) / std::sqrt(2.0))));
  CHECK(*s.flip_p == doctest::Approx(4.0 / 16).epsilon(0.1));  // of 16 sign patterns: 10 and 8, and their negatives
}

TEST_CASE("cases of one patient are no more than one patient, and no difference is no evidence") {
  const std::vector<value_pair> pairs = {{1, 2, 0}, {1, 4, 0}, {2, 3, 0}};
  const paired_summary s = compare_pairs(pairs, {100, 1});
  CHECK((s.n == 3 && s.patients == 2 && *s.mean == 3));
  CHECK(*s.flip_p > 0.3);  // two signs: half of the patterns are as far
  const std::vector<value_pair> same = {{1, 2, 2}, {2, 3, 3}};
  CHECK(!compare_pairs(same, {100, 1}).wilcoxon_p);
  CHECK(*compare_pairs(same, {100, 1}).flip_p == 1);
  CHECK(!compare_pairs({}, {100, 1}).mean);
}
