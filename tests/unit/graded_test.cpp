// SPDX-License-Identifier: Apache-2.0
// Grades read from records, and everything said of them.
#include "medvision/record/graded.hpp"

#include <doctest/doctest.h>

#include "medvision/error.hpp"
#include "medvision/score/grade_figures.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {

record graded(const std::string& id, int truth, std::vector<double> scores) {
  record r(id);
  r.set_label("grade", std::int64_t(truth));
  for (std::size_t k = 0; k < scores.size(); ++k) r.set_score("g." + std::to_string(k), scores[k]);
  return r;
}

grade_source three() {
  grade_source s;
  s.labels = {"0", "1", "2"}, s.positive = {"1", "2"}, s.scores = "g";
  return s;
}

const grade_figure& named(const std::vector<grade_figure>& all, const std::string& name) {
  for (const auto& f : all)
    if (f.name == name) return f;
  throw std::runtime_error("no figure " + name);
}

}  // namespace

TEST_CASE("the label of the highest score is predicted, of equals the first; positive scores add up") {
  grade_reader in(three());
  in.add(graded("a", 0, {0.5, 0.5, 0})), in.add(graded("b", 2, {0.25, 0.25, 0.5}));
  CHECK((in.rows().truth == std::vector<int>{0, 2} && in.rows().predicted == std::vector<int>{0, 2}));
  CHECK(in.rows().positive == std::vector<double>{0.5, 0.75});
}

TEST_CASE("what is missing or outside fails its case, is counted, and leaves no half row") {
  grade_reader in(three());
  record untold("b");
  untold.set_score("g.0", 1);
  CHECK_THROWS_WITH_AS(in.add(graded("a", 3, {1, 0, 0})), "the label '3' is outside the declared set 0,1,2", error);
  CHECK_THROWS_AS(in.add(untold), error);
  CHECK_THROWS_AS(in.add(graded("c", 1, {1, 0})), error);
  CHECK((in.rows().failed == 3 && in.rows().truth.empty() && in.rows().scores.empty() && in.rows().patients.empty()));
}

TEST_CASE("requests that cannot be answered are refused") {
  grade_source none = three(), twice = three(), stranger = three(), all = three();
  none.scores = "", twice.labels = {"0", "0"}, stranger.positive = {"9"}, all.positive = {"0", "1", "2"};
  for (const auto& s : {none, twice, stranger, all, grade_source{}}) CHECK_THROWS_AS(grade_reader{s}, error);
}

TEST_CASE("truth from another manifest meets by id; ten of those that differ are named") {
  const scratch_folder folder;
  std::string text;
  for (int i = 0; i < 14; ++i) text += graded("t" + std::to_string(i), 1, {}).dump() + "\n";
  const std::string path = folder.put("truth.jsonl", text);
  grade_reader in(three());
  in.take_truth(path, false);
  in.add(graded("t0", 0, {1, 0, 0}));
  CHECK(in.rows().truth == std::vector<int>{1});  // not the record's own
  CHECK_THROWS_WITH_AS(in.check_ids(),
                       "the ids of truth and predictions differ; without a prediction (13): t1, t10, t11, t12, t13, "
                       "t2, t3, t4, t5, t6, …",
                       error);
  grade_reader some(three());
  some.take_truth(path, true);
  some.add(graded("t0", 0, {1, 0, 0})), some.add(graded("other", 0, {1, 0, 0}));
  CHECK_NOTHROW(some.check_ids());
  CHECK(some.rows().excluded == 1);
}

TEST_CASE("the figures of a perfect prediction are perfect, of nothing undefined with a reason") {
  grade_reader in(three());
  for (int i = 0; i < 9; ++i) {
    std::vector<double> s(3, 0);
    s[std::size_t(i % 3)] = 1;
    in.add(graded("c" + std::to_string(i), i % 3, s));
  }
  const auto positive = in.positive_labels();
  const std::vector<std::string> labels = {"0", "1", "2"};
  const auto& r = in.rows();
  const auto figures =
      grade_figures({r.truth, r.predicted, r.scores, r.positive, {}, r.patients, positive}, labels, {0.5, {0.9}});
  for (const char* name : {"accuracy", "kappa_quadratic", "roc_auc", "average_precision", "pr_area"})
    CHECK(named(figures, name).values[0].second == 1.0);
  for (const auto& [name, value] : named(figures, "six").values) CHECK(value == 1.0);
  for (const auto& [name, value] : named(figures, "macro").values) CHECK(value == 1.0);
  CHECK(named(figures, "at_specificity_0.9").values[1].second == 1.0);
  const auto empty = grade_figures({{}, {}, {}, {}, {}, {}, positive}, labels, {});
  CHECK((!named(empty, "accuracy").values[0].second && named(empty, "accuracy").why == "no case"));
  CHECK(named(empty, "roc_auc").why == "one class only");
}
