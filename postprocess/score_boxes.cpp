// SPDX-License-Identifier: Apache-2.0
// med-score-boxes: were the true boxes of a record found by its ROIs?
#include <fmt/format.h>

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/rows_file.hpp"
#include "medvision/score/box_measures.hpp"

using namespace medvision;

namespace {

struct boxes_parameters {
  double iom = -1, iou = -1;  ///< below 0: not said
  bool centre = false, froc = false, only_normal = false;
  froc_rule rule;
  box_questions asked;
};

void choose_rule(boxes_parameters& p) {
  if ((p.iom >= 0) + (p.iou >= 0) + p.centre > 1)
    throw error("E_OPTION", "say one of --iom, --iou, --centre", blame::request);
  if (p.centre && p.asked.curve) throw error("E_OPTION", "--curve is over overlaps; a centre has none", blame::request);
  hit_rule& hit = p.rule.hit;
  hit.by = p.centre ? hit_rule::centre : p.iou >= 0 ? hit_rule::iou : hit_rule::iom;
  if (p.iom >= 0 || p.iou >= 0) hit.at_least = p.iou >= 0 ? p.iou : p.iom;
  p.asked.hit = hit;
}

std::vector<labelled_box> truth_of(const record& r) {
  if (!r.text("truth.boxes")) throw error("E_TRUTH", "the record has no truth.boxes; [] says that there is no lesion");
  std::vector<labelled_box> out;
  for (const truth_box& b : r.truth_boxes()) out.push_back({b.box, b.class_name, 0});
  return out;
}

std::vector<labelled_box> predictions_of(const record& r, bool& scored) {
  if (!r.text("rois")) throw error("E_RECORD", "the record has no rois; [] says that nothing was found");
  std::vector<labelled_box> out;
  for (const roi& a : r.rois()) {
    if (a.repeat) continue;
    scored = scored && a.score.has_value();
    out.push_back({a.box, a.class_name.value_or(""), a.score.value_or(0)});
  }
  return out;
}

void score(record& r, const boxes_parameters& p, cli::context& c) {
  box_questions asked = p.asked;
  const auto truth = truth_of(r), predicted = predictions_of(r, asked.scored);
  const source_info source = r.source().value_or(source_info{});
  const cv::Size picture(source.width, source.height);
  check_boxes(truth, picture, "true"), check_boxes(predicted, picture, "predicted");
  const std::string prefix = c.output_name(r, "boxes");
  for (const auto& [name, value, why] : measure_boxes(truth, predicted, asked))
    r.set_measure(prefix + "." + name, value, why);
  if (!p.froc) return;
  if (!asked.scored) throw error("E_RECORD", "a ROI has no score, so its place in a FROC is unknown");
  const bool counted = !p.only_normal || truth.empty();
  std::vector<number_row> rows;
  for (const score_count& s : count_hits(truth, predicted, p.rule))
    rows.push_back({s.score, double(s.positives), counted ? double(s.negatives) : 0});
  const std::string name = prefix + ".froc", path = c.product(r, name, "npy");
  write_rows(path, rows);
  r.set_measure(prefix + ".false_on", counted);
  r.set_feature(name, {path, {rows.empty() ? 1 : int(rows.size()), 3}});
}

}  // namespace

int main(int argc, char** argv) {
  boxes_parameters p;
  cli::command program("med-score-boxes", "score ROIs against the true boxes, in source pixels");
  program.reads("records with truth.boxes and rois")
      .writes("the records with measures boxes.*; with --froc also OUT/<id>.boxes.froc.npy");
  program.example("med-score-boxes --iom 0.3 --curve rois.jsonl | med-summarize", "recalls");
  program.add("--iom", p.iom, "hit: intersection over the smaller area", 0, 1).called("T").default_is("0.3");
  program.add("--iou", p.iou, "hit: intersection over union", 0, 1).called("T").default_is("");
  program.add("--centre", p.centre, "hit: the ROI's centre lies in the true box");
  program.add("--same-class", p.rule.hit.same_class, "a hit needs the same class, too");
  program.add("--curve", p.asked.curve, "also at the overlaps 0.05, 0.10, ... 1.00");
  program.add("--tolerance", p.asked.tolerance, "of the pointing game, in source pixels", 0, 1e6).called("PIXELS");
  program.add("--froc", p.froc, "write hits and false positives by score, for med-summarize");
  program.add("--extra-hits-false", p.rule.extra_hits_false, "FROC: a hit of boxes found already is a false one");
  program.add("--one-to-one", p.rule.one_to_one, "FROC: a ROI finds only the box it overlaps most");
  program.add("--normal-only", p.only_normal, "FROC: count false positives on pictures without a true box alone");
  program.before([&] { choose_rule(p); });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { score(r, p, c); }});
}
