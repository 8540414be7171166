// SPDX-License-Identifier: Apache-2.0
// Grades that agree or not, thresholds, sureness and calibration: on paper, by properties, by slow loops, and against
// published kappas and curves.
#include "medvision/score/grades.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "medvision/error.hpp"
#include "medvision/score/calibration.hpp"
#include "medvision/score/delong.hpp"
#include "medvision/score/operating.hpp"

using namespace medvision;

namespace {

confusion_table table_of(const std::vector<int>& truth, const std::vector<int>& predicted, int labels) {
  confusion_table t(labels);
  for (std::size_t i = 0; i < truth.size(); ++i) t.add(truth[i], predicted[i]);
  return t;
}

bool near(double a, double b) { return std::abs(a - b) < 1e-9; }

nlohmann::json published(const std::string& name) {
  std::ifstream file(MEDVISION_REFERENCE "/golden/metrics/" + name);
  if (file) return nlohmann::json::parse(file);
  MESSAGE("SKIPPED: ../shared/golden/metrics/" << name << " is absent");
  return {};
}

// A number, or text where the quantity is undefined.
bool agrees(const nlohmann::json& expected, const std::optional<double>& met) {
  return expected.is_string() ? !met : met && near(*met, expected.get<double>());
}

struct sample {
  std::vector<double> scores;
  std::vector<std::uint8_t> positive;
};

sample some_scores(std::mt19937& random) {
  sample s;
  const int n = 4 + int(random() % 40), levels = 2 + int(random() % 30);
  for (int i = 0; i < n; ++i) {
    s.positive.push_back(random() % 3 == 0);
    s.scores.push_back(double(random() % unsigned(levels)) / levels + (s.positive.back() ? 0.1 : 0));
  }
  s.positive[0] = s.positive[1] = 1, s.positive[2] = s.positive[3] = 0;
  return s;
}

}  // namespace

TEST_CASE("a table on paper: two classes, one against the rest") {
  const auto t = table_of({0, 0, 0, 1, 1, 2}, {0, 0, 1, 1, 2, 2}, 3);
  CHECK(*accuracy_of(t) == doctest::Approx(4.0 / 6));
  const binary_table one = one_against_rest(t, 1);
  CHECK((one.tp == 1 && one.fp == 1 && one.fn == 1 && one.tn == 3));
  const binary_rates r = rates_of(one);
  CHECK(*r.recall == 0.5);
  CHECK(*r.specificity == 0.75);
  CHECK(*r.precision == 0.5);
  CHECK(*r.f1 == 0.5);
  CHECK(*rates_of({2, 1, 3, 0}).f2 == doctest::Approx(5.0 * 2 / (5 * 2 + 4 * 3 + 1)));
  CHECK(*rates_of({2, 1, 3, 0}).f05 == doctest::Approx(1.25 * 2 / (1.25 * 2 + 0.25 * 3 + 1)));
}

TEST_CASE("kappa on paper") {
  // 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, expected 0.5.
  confusion_table t(2);
  t.add(0, 0, 20), t.add(0, 1, 5), t.add(1, 0, 10), t.add(1, 1, 15);
  for (const auto w : {kappa_weight::none, kappa_weight::linear, kappa_weight::quadratic})
    CHECK(*kappa_of(t, w) == doctest::Approx(0.4).epsilon(1e-14));
  CHECK(*kappa_of(table_of({0, 1, 2}, {2, 1, 0}, 3), kappa_weight::quadratic) == doctest::Approx(-1));
}

TEST_CASE("what is undefined is nothing: no case, one label alone, a class never there or never predicted") {
  CHECK(!accuracy_of(confusion_table(3)));
  CHECK(!kappa_of(confusion_table(3), kappa_weight::quadratic));
  CHECK(!kappa_of(table_of({2, 2}, {2, 2}, 5), kappa_weight::quadratic));
  CHECK(*kappa_of(table_of({2, 2}, {1, 2}, 5), kappa_weight::quadratic) == 0);
  const binary_rates absent = rates_of({0, 0, 0, 5}), missed = rates_of({0, 0, 5, 0});
  CHECK((!absent.recall && !absent.precision && !absent.f1 && *absent.specificity == 1));
  CHECK((*missed.recall == 0 && !missed.precision && *missed.f1 == 0 && !missed.specificity));
  const macro_rate m = macro_of(std::vector<std::optional<double>>{0.5, std::nullopt, 1.0});
  CHECK((*m.mean == 0.75 && m.defined == 2));
  CHECK(!macro_of({}).mean);
}

TEST_CASE("a label outside the set is refused") {
  confusion_table t(3);
  CHECK_THROWS_WITH_AS(t.add(3, 0), "the label 3 is outside the 3 declared", error);
  CHECK_THROWS_AS(t.add(0, -1), error);
  CHECK_THROWS_AS(confusion_table(0), error);
}

TEST_CASE("random tables: kappa is symmetric, micro recall is accuracy, the parts of each class add up") {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    const int labels = 2 + int(random() % 5);
    confusion_table t(labels), turned(labels);
    for (int i = 0; i < 40; ++i) {
      const int a = int(random() % unsigned(labels)), b = int(random() % unsigned(labels));
      t.add(a, b), turned.add(b, a);
    }
    std::int64_t hits = 0;
    for (int k = 0; k < labels; ++k) {
      const binary_table b = one_against_rest(t, k);
      REQUIRE(b.tp + b.fp + b.fn + b.tn == 40);
      hits += b.tp;
    }
    REQUIRE(near(*accuracy_of(t), double(hits) / 40));
    for (const auto w : {kappa_weight::none, kappa_weight::linear, kappa_weight::quadratic})
      REQUIRE(near(*kappa_of(t, w), *kappa_of(turned, w)));
  }
}

TEST_CASE("published kappas") {
  for (const auto& c : published("kappa.json")) {
    const auto t = table_of(c["truth"], c["pred"], c["classes"]);
    CHECK(agrees(c["kappa_unweighted"], kappa_of(t, kappa_weight::none)));
    CHECK(agrees(c["kappa_linear"], kappa_of(t, kappa_weight::linear)));
    CHECK(agrees(c["kappa_quadratic"], kappa_of(t, kappa_weight::quadratic)));
  }
}

TEST_CASE("published curves: areas, and the table at a threshold") {
  for (const auto& c : published("curves.json")) {
    const std::vector<double> scores = c["s"];
    const std::vector<std::uint8_t> positive = c["y"];
    const auto counts = count_scores(scores, positive);
    CHECK(agrees(c["auc_roc"], roc_auc(counts)));
    CHECK(agrees(c["average_precision"], average_precision(counts)));
    CHECK(agrees(c["auc_pr_trapezoid"], pr_area(counts)));
    const binary_table t = point_at(counts, c["threshold"]).table;
    CHECK((t.tp == c["tp"] && t.fp == c["fp"] && t.fn == c["fn"] && t.tn == c["tn"]));
    const binary_rates r = rates_of(t);  // published as 0 where ours are undefined
    CHECK(near(r.accuracy.value(), c["accuracy"]));
    CHECK(near(r.recall.value_or(0), c["sensitivity"]));
    CHECK(near(r.specificity.value_or(0), c["specificity"]));
    CHECK(near(r.precision.value_or(0), c["precision"]));
    CHECK(near(r.f1.value_or(0), c["f1"]));
  }
}

TEST_CASE("an operating point was reached, and the highest that holds") {
  const std::vector<double> s = {0.9, 0.8, 0.7, 0.6, 0.5};
  const std::vector<std::uint8_t> y = {1, 0, 1, 0, 1};
  const auto c = count_scores(s, y);
  const auto half = point_at_specificity(c, 0.5);
  CHECK((half->threshold == 0.7 && half->table.tp == 2 && half->table.fp == 1));
  CHECK(point_at_specificity(c, 0.51)->threshold == 0.9);
  CHECK(point_at_sensitivity(c, 0.6)->threshold == 0.7);
  CHECK(point_at_sensitivity(c, 1)->threshold == 0.5);
  const std::vector<std::uint8_t> turned = {0, 1, 0, 1, 0};
  const auto none = point_at_specificity(count_scores(s, turned), 1);
  CHECK((none->table.tp == 0 && none->table.fp == 0 && none->threshold > 0.9 && none->threshold < 0.9000001));
  CHECK(!point_at_specificity(count_scores(s, std::vector<std::uint8_t>(5, 1)), 0.5));
}

TEST_CASE("random operating points agree with trying every threshold") {
  std::mt19937 random(12);
  for (int round = 0; round < 300; ++round) {
    const sample s = some_scores(random);
    const auto counts = count_scores(s.scores, s.positive);
    const double wanted = double(random() % 11) / 10;
    double best = 0;
    for (const double t : s.scores) {
      const binary_rates r = rates_of(point_at(counts, t).table);
      if (*r.specificity >= wanted) best = std::max(best, *r.recall);
    }
    REQUIRE(*rates_of(point_at_specificity(counts, wanted)->table).recall == best);
  }
}

TEST_CASE("DeLong's variance on paper, and against its definition") {
  // Positives 3 and 1, negatives 2 and 0: placements 1, 1/2 and 1/2, 1; each variance 1/8, halved and added.
  const auto e = delong(count_scores(std::vector<double>{3, 1, 2, 0}, std::vector<std::uint8_t>{1, 1, 0, 0}));
  CHECK(e->auc == 0.75);
  CHECK(e->variance == doctest::Approx(0.125));
  CHECK(delong_interval(*e, 0.95).high == 1);
  CHECK(delong_interval(*e, 0.95).low == doctest::Approx(0.75 - 1.959963984540054 * std::sqrt(0.125)));
  std::mt19937 random(13);
  for (int round = 0; round < 200; ++round) {
    const sample s = some_scores(random);
    std::vector<std::vector<double>> placed(2);
    for (std::size_t i = 0; i < s.scores.size(); ++i) {
      double won = 0, met = 0;
      for (std::size_t j = 0; j < s.scores.size(); ++j)
        if (s.positive[i] != s.positive[j]) {
          const double up = s.positive[i] ? s.scores[i] - s.scores[j] : s.scores[j] - s.scores[i];
          met += 1, won += up > 0 ? 1 : up == 0 ? 0.5 : 0;
        }
      placed[s.positive[i]].push_back(won / met);
    }
    double variance = 0;
    for (const auto& v : placed) {
      double mean = 0, squares = 0;
      for (const double x : v) mean += x / double(v.size());
      for (const double x : v) squares += (x - mean) * (x - mean);
      variance += squares / double(v.size() - 1) / double(v.size());
    }
    const auto met = delong(count_scores(s.scores, s.positive));
    REQUIRE(near(met->variance, variance));
    const auto same = delong_difference(s.scores, s.scores, s.positive);
    REQUIRE((same->difference == 0 && !same->p));
    std::vector<double> flat(s.scores.size(), 1);  // a system that says nothing: area 1/2 without variance
    const auto against = delong_difference(s.scores, flat, s.positive);
    REQUIRE(near(against->variance, variance));
    REQUIRE(near(against->difference, met->auc - 0.5));
  }
}

TEST_CASE("too few of a class have no variance, and lengths must agree") {
  CHECK(!delong(count_scores(std::vector<double>{1, 2, 3}, std::vector<std::uint8_t>{1, 0, 0})));
  const std::vector<double> two = {1, 2}, bad = {1, std::numeric_limits<double>::infinity()};
  CHECK_THROWS_AS(delong_difference(two, std::vector<double>{1}, std::vector<std::uint8_t>{1, 0}), error);
  CHECK_THROWS_AS(delong_difference(two, bad, std::vector<std::uint8_t>{1, 0}), error);
  CHECK(normal_quantile(0.95) == doctest::Approx(1.959963984540054).epsilon(1e-13));
  CHECK(normal_p(1.959963984540054) == doctest::Approx(0.05).epsilon(1e-12));
}

TEST_CASE("calibration on paper") {
  const std::vector<double> p = {0.9, 0.6, 0.2};
  const std::vector<std::uint8_t> y = {1, 0, 0};
  CHECK(brier(p, y) == doctest::Approx((0.01 + 0.36 + 0.04) / 3));
  CHECK(brier_of_classes(std::vector<double>{0.1, 0.9, 0.4, 0.6}, std::vector<int>{1, 0}, 2) ==
        doctest::Approx((0.02 + 0.72) / 2));
  CHECK(calibration_error(p, y, 2) == doctest::Approx((std::abs(0.9 + 0.6 - 1) + 0.2) / 3));
  CHECK(calibration_error(std::vector<double>{1, 0}, std::vector<std::uint8_t>{1, 0}) == 0);
  CHECK_THROWS_WITH_AS(brier(std::vector<double>{1.5}, std::vector<std::uint8_t>{1}), "1.5 is no probability: 0 to 1",
                       error);
  CHECK_THROWS_AS(brier({}, {}), error);
}
