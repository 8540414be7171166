// SPDX-License-Identifier: Apache-2.0
// What stands on a report, and what cannot.
#include "medvision/report/page.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "medvision/report/drawings.hpp"
#include "medvision/report/hexagons.hpp"
#include "medvision/report/tables.hpp"

using namespace medvision;

namespace {
int count(const std::string& text, const std::string& word) {
  int n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

bool holds(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

study graded(double auc) {
  study s{"med-score-grades", "0.1.0", {{"scores", std::string("grade")}, {"curves", true}}, {}};
  study_group g{{}, {{"n", 5}, {"failed", 1}}, {}, study_confusion{{"0", "1"}, {3, 1, 0, 2}}};
  g.figures = {{"accuracy", {{"value", 0.75}, {"low", 0.5}, {"high", 1.0}, {"dropped", 0.0}}, ""},
               {"roc_auc", {{"value", auc}}, ""},
               {"average_precision", {{"value", std::nullopt}}, "no positive"},
               {"six",
                {{"accuracy", 0.75},
                 {"recall", 1.0},
                 {"precision", std::nullopt},
                 {"f_measure", 0.5},
                 {"specificity", 0.25},
                 {"roc_auc", auc}},
                "precision: a denominator is 0"},
               {"six_at", {{"threshold", 0.5}, {"tp", 2.0}, {"fp", 1.0}, {"fn", 0.0}, {"tn", 3.0}}, ""}};
  g.curves = {{"roc", "false_positive_rate", "recall", {{0, 0}, {0, 0.5}, {1, 1}}, ""},
              {"precision_recall", "recall", "precision", {}, "no positive"}};
  s.groups = {g};
  return s;
}

study boxes() {
  study s{"med-summarize", "0.1.0", {}, {}};
  study_group g{{{"tags.side", "L"}}, {{"n", 2}}, {}, {}};
  for (const double t : {0.1, 0.2, 0.3}) {
    const std::string at = "@" + std::to_string(t).substr(0, 4);
    g.figures.push_back({"boxes.recall_by_box" + at, {{"value", 1 - t}, {"low", 0.9 - t}, {"high", 1.0}}, ""});
    g.figures.push_back({"boxes.found" + at, {{"n", 2.0}, {"mean", 3.0}}, ""});
  }
  s.groups = {g};
  return s;
}

const std::string hostile = "\"><img src=x onerror=alert(1)><script>alert(2)</script>&";
}  // namespace

TEST_CASE("systems are laid over one another: hexagon, curves, measures over thresholds") {
  const std::vector<report_system> systems = {{"first", graded(0.9)}, {"second", graded(0.8)}, {"boxes", boxes()}};
  const auto drawn = draw_series(series_of(systems));
  REQUIRE(drawn.svgs.size() == 4);
  CHECK(drawn.remarks.empty());
  CHECK(holds(drawn.svgs[0], "undefined: precision: a denominator is 0"));
  CHECK(count(drawn.svgs[0], "class=\"curve\"") == 2);
  CHECK(holds(drawn.svgs[1], "ROC curve"));
  CHECK(holds(drawn.svgs[1], "AUC 0.9000"));
  CHECK(holds(drawn.svgs[1], "AUC 0.8000"));
  CHECK(count(drawn.svgs[2], "undefined: no positive") == 2);
  CHECK(holds(drawn.svgs[3], "Recall by box over the threshold: boxes"));
  CHECK(holds(drawn.svgs[3], "fill-opacity"));
  CHECK(draw_hexagons(series_of(systems)).size() == 1);
}

TEST_CASE("the means of a map make a hexagon, and only where all six are there") {
  study s{"med-summarize", "0.1.0", {}, {}};
  study_group g;
  for (const char* name : {"accuracy", "sensitivity", "precision", "f1", "specificity", "auc"})
    g.figures.push_back({std::string("vessel.fov.") + name, {{"n", 1.0}, {"mean", 0.5}}, ""});
  s.groups = {g};
  const std::vector<report_system> whole = {{"a", s}};
  const auto svgs = draw_hexagons(series_of(whole));
  REQUIRE(svgs.size() == 1);
  CHECK(holds(svgs[0], "Six measures: vessel.fov"));
  s.groups[0].figures.pop_back();
  const std::vector<report_system> part = {{"a", s}};
  CHECK(draw_hexagons(series_of(part)).empty());
}

TEST_CASE("more series than looks are drawn no further, and that is said") {
  std::vector<report_system> systems;
  for (int i = 0; i < 11; ++i) systems.push_back({"s" + std::to_string(i), graded(0.5)});
  const auto drawn = draw_series(series_of(systems));
  CHECK(drawn.remarks == std::vector<std::string>{"The first 8 of 11 series are drawn; the tables hold all."});
  CHECK(count(drawn.svgs[1], "class=\"curve\"") == 8);
  CHECK(holds(report_page({"t", "1", systems, {}}), "The first 8 of 11 series are drawn"));
  CHECK(holds(table_of_systems(systems, series_of(systems)), "s10"));
}

TEST_CASE("tables hold every number, and each undefined one with its reason") {
  const std::vector<report_system> systems = {{"first", graded(0.9)}, {"boxes", boxes()}};
  const auto series = series_of(systems);
  const std::string figures = tables_of_figures(series);
  CHECK(holds(figures, "0.7500 (0.5000–1)"));
  CHECK(holds(figures, "undefined: no positive"));
  CHECK_FALSE(holds(figures, "@"));
  const std::string numbers = tables_of_numbers(series);
  for (const char* word :
       {"boxes.found@0.20", "boxes.recall_by_box@0.30", ">0.6000<", "accuracy", "title=\"no positive\""})
    CHECK(holds(numbers, word));
  CHECK(holds(table_of_six(series),
              "<bdi>precision</bdi></th><td class=\"none\" title=\"precision: a denominator is 0\">–</td>"));
  CHECK(holds(table_of_six(series), "threshold"));
  const std::string confusion = tables_of_confusion(series);
  CHECK(holds(confusion, "rgba(0,114,178,0.34)\">3<"));
  CHECK(count(confusion, "<figure>") == 1);
  const std::string about = table_of_systems(systems, series);
  CHECK(holds(about, "<code>--scores grade --curves</code>"));
  CHECK(holds(about, "boxes, tags.side L"));
}

TEST_CASE("nothing a manifest, a document or the user says becomes markup") {
  study s = graded(0.9);
  s.program = s.version = hostile;
  s.options = {{hostile, hostile}};
  s.groups[0].by = {{hostile, hostile}};
  s.groups[0].counts = {{hostile, 1}};
  s.groups[0].confusion->labels = {hostile, "x"};
  for (study_figure& f : s.groups[0].figures) f.why = hostile;
  s.groups[0].figures.push_back({hostile, {{hostile, std::nullopt}, {"value", std::nullopt}}, hostile});
  for (study_curve& c : s.groups[0].curves) c.x = c.y = c.why = hostile;
  s.groups[0].curves.push_back({hostile, hostile, hostile, {{0, 0}, {1, 1}}, ""});
  report_gallery gallery{1, 0, hostile, {{hostile, "jpeg", hostile, {10, 10}, {{hostile, hostile}}}}};
  const std::string page = report_page({hostile, hostile, {{hostile, s}}, gallery});
  CHECK_FALSE(holds(page, "<script"));
  CHECK_FALSE(holds(page, "<img src=x"));
  CHECK_FALSE(holds(page, "\"><img src"));
  CHECK(holds(page, "&lt;script&gt;"));
  CHECK(holds(page, "default-src 'none'"));
}

TEST_CASE("a page without drawings is a page, and says what it is not for") {
  const std::string page = report_page({"Empty", "1.2.3", {}, {}});
  CHECK(holds(page, "<title>Empty</title>"));
  CHECK(count(page, "Not for clinical use") == 2);
  CHECK(holds(page, "med-report 1.2.3"));
  CHECK_FALSE(holds(page, "<section"));
  CHECK(holds(page, "@media print"));
  CHECK_FALSE(holds(page, "http:"));
  CHECK_FALSE(holds(page, "https:"));
}

TEST_CASE("the first of many cases are said to be the first") {
  report_gallery some{5000, 3, "as they come", {{"a", "", "med-crop: no field of view", {}, {}}}};
  const std::string page = report_page({"t", "1", {}, some});
  CHECK(holds(page, "The first 1 of 5000 cases, as they come; the others are not shown. Of all, 3 failed."));
  CHECK(holds(page, "class=\"case failed\""));
  CHECK(holds(page, "med-crop: no field of view"));
  some.met = 1, some.failed = 0;
  CHECK(holds(report_page({"t", "1", {}, some}), "All 1 cases, as they come. None failed."));
}
