// SPDX-License-Identifier: Apache-2.0
#include "medvision/report/series.hpp"

#include <doctest/doctest.h>

using namespace medvision;

TEST_CASE("each group of each system is a series with a name and a look of its own") {
  study a{"p", "1", {}, {}}, b{"p", "1", {}, {}};
  a.groups.push_back({{}, {{"n", 3}}, {}, {}});
  b.groups.push_back({{{"tags.side", "L"}}, {}, {}, {}});
  b.groups.push_back({{{"tags.side", "R"}}, {}, {}, {}});
  const std::vector<report_system> systems = {{"one", a}, {"two", b}};
  const auto all = series_of(systems);
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "one");
  CHECK(all[2].name == "two, tags.side R");
  CHECK(all[2].look == 2);
  CHECK(all[0].group == &systems[0].found.groups[0]);
  const auto met = met_in_order(all, [](const study_group& g, const auto& meet) {
    for (const auto& [field, value] : g.by) meet(field);
  });
  CHECK(met == std::vector<std::string>{"tags.side"});
}

TEST_CASE("a figure in one number is its value, else its mean, with the interval it has") {
  const study_figure value{"auc", {{"value", 0.5}, {"low", 0.25}, {"high", 0.75}}, ""};
  CHECK(for_reading(*headline_of(value)) == "0.5000 (0.2500–0.7500)");
  const study_figure mean{"dice", {{"n", 2.0}, {"mean", std::nullopt}}, "empty"};
  CHECK(for_reading(*headline_of(mean)) == "–");
  CHECK_FALSE(headline_of({"label 0", {{"truth", 2.0}}, ""}));
  CHECK(for_reading(*headline_of({"x", {{"value", 1.0}, {"low", std::nullopt}, {"high", 1.0}}, ""})) == "1");
  CHECK(number_named(mean, "n") == 2);
  CHECK_FALSE(number_named(mean, "absent"));
  CHECK(has_number(mean, "mean"));
  CHECK_FALSE(has_number(mean, "absent"));
  study_group g{{}, {}, {mean}, {}};
  CHECK(figure_named(g, "dice") == &g.figures[0]);
  CHECK(figure_named(g, "other") == nullptr);
}

TEST_CASE("names have parts, and words for people") {
  CHECK(first_parts("vessel.fov.dice") == "vessel.fov.");
  CHECK(last_part("vessel.fov.dice") == "dice");
  CHECK(first_parts("roc").empty());
  CHECK(last_part("roc") == "roc");
  CHECK(in_words("false_positive_rate") == "false positive rate");
  CHECK(in_words("roc_auc") == "ROC AUC");
  CHECK(as_title("recall by box") == "Recall by box");
  CHECK(as_title("").empty());
  CHECK(undefined_note("one class only") == "undefined: one class only");
  CHECK(undefined_note("") == "undefined");
}
