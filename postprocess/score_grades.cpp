// SPDX-License-Identifier: Apache-2.0
// med-score-grades: predicted grades against true ones, over the cases of a manifest.
#include "cli/runtime/run.hpp"
#include "cli/runtime/study_output.hpp"
#include "medvision/error.hpp"
#include "medvision/record/graded.hpp"
#include "medvision/record/manifest.hpp"
#include "medvision/score/curves.hpp"
#include "medvision/score/grade_figures.hpp"

using namespace medvision;

namespace {

struct grades_parameters {
  grade_source source;
  grade_questions asked;
  cli::study_output output;
  std::string truth_manifest, chosen_on;
  bool intersect = false, curves = false;
};

graded_cases cases_of(const grade_rows& rows, const std::vector<std::uint8_t>& positive) {
  return {rows.truth, rows.predicted, rows.scores, rows.positive, rows.versus, rows.patients, positive};
}

/// The cases that operating points are chosen on; what fails there is a wrong request.
score_counts counts_elsewhere(const grades_parameters& p) {
  const grade_reader there = grade_reader::of_manifest(p.chosen_on, p.source);
  const auto positive = there.positive_labels();
  return counts_of_positive(cases_of(there.rows(), positive));
}

std::unique_ptr<grade_reader> start(const cli::command& program, grades_parameters& p) {
  const cli::study_output& o = p.output;
  p.source.threshold = p.asked.threshold;
  p.asked.bootstrap = {o.replicates, std::uint64_t(o.seed), o.level, o.threads(program)};
  auto in = std::make_unique<grade_reader>(p.source);
  if (p.curves && (p.source.positive.empty() || p.source.scores.empty()))
    throw error("E_OPTION", "--curves are of --scores NAME by --positive LABELS", blame::request);
  if (!p.chosen_on.empty()) p.asked.chosen_on = counts_elsewhere(p);
  if (!p.truth_manifest.empty()) in->take_truth(p.truth_manifest, p.intersect);
  return in;
}

std::pair<std::string, bool> conclude(const cli::command& program, const grades_parameters& p, const grade_reader& in) {
  in.check_ids();
  const grade_rows& rows = in.rows();
  const auto positive = in.positive_labels();
  const graded_cases cases = cases_of(rows, positive);
  study_group all{{}, in.counts(), {}, study_confusion{p.source.labels, confusion_of(cases).counts}};
  for (auto& f : grade_figures(cases, p.source.labels, p.asked)) all.figures.push_back({f.name, f.values, f.why});
  if (p.curves)
    for (auto& c : ranking_curves(counts_of_positive(cases))) all.curves.push_back({c.name, c.x, c.y, c.points, c.why});
  return {p.output.print(program, {all}), rows.failed > 0};
}

}  // namespace

int main(int argc, char** argv) {
  grades_parameters p;
  std::unique_ptr<grade_reader> in;
  cli::command program("med-score-grades", "score predicted grades against true ones");
  program.reads("records with a true label, and scores or a predicted one")
      .writes("one document, by study.schema.json");
  program.example("med-score-grades --labels 0,1,2,3,4 --scores grade --positive 2,3,4 in.jsonl",
                  "grades, and referable");
  program.add("--truth", p.source.truth, "where the true label lies").called("FIELD");
  program.add_words("--labels", p.source.labels, "the set of labels, in order").called("L,L,...");
  program.add("--scores", p.source.scores, "one score of the positive labels, or NAME.<label> of each").called("NAME");
  program.add("--predicted", p.source.predicted, "the predicted label").called("FIELD").default_is("of the best score");
  program.add_words("--positive", p.source.positive, "labels that count as positive").called("L,...");
  program.add("--threshold", p.asked.threshold, "positive from this score on", -1e300, 1e300).called("NUMBER");
  program.add("--versus", p.source.versus, "scores of another system on the same cases").called("NAME");
  program.add("--at-specificity", p.asked.at_specificity, "the highest sensitivity reached there").called("S,...");
  program.add("--at-sensitivity", p.asked.at_sensitivity, "the highest specificity reached there").called("S,...");
  program.add("--curves", p.curves, "the points of the ROC and precision-recall curves, too");
  program.add("--chosen-on", p.chosen_on, "choose these thresholds on another manifest").called("MANIFEST");
  program.add("--truth-manifest", p.truth_manifest, "true labels from here, by id").called("MANIFEST");
  program.add("--intersect", p.intersect, "leave out ids that only one of both manifests has");
  p.output.declare(program);
  program.before([&] { in = start(program, p); });
  return cli::run(program, argc, argv,
                  cli::document_verb{[&](const record& r, std::int64_t) { in->add(r); },
                                     [&] { return conclude(program, p, *in); }});
}
