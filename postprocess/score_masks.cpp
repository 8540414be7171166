// SPDX-License-Identifier: Apache-2.0
// med-score-masks: a map against the truth: pixel by pixel, outline by outline, lesion by lesion.
#include "cli/runtime/run.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/image_map.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/score/map_scores.hpp"

using namespace medvision;

namespace {

struct score_masks_parameters : map_score_parameters {
  std::string map, observer;
  image_limits limits;
};

map_case case_of(const record& r, const score_masks_parameters& p) {
  const auto files = r.truth_masks();
  map_case c{p.observer};
  if (p.observer.empty()) {
    const map_info m = r.map(p.map);
    c = {p.map.empty() ? r.maps().begin()->first : p.map, read_cells(m.path, m.shape, p.limits, false), m.classes,
         m.to_source, m.threshold};
  } else {
    c.cells = map_of_mask(read_mask(r.truth_mask(p.observer), p.limits));
  }
  for (const auto& [name, path] : files) c.masks.push_back(name);
  c.read_mask = [files, &p](const std::string& name) { return read_image(files.at(name), p.limits); };
  if (const auto fov = r.fov()) {
    c.field_to_source = fov->to_source;
    c.read_field = [f = *fov, &p] { return read_mask(f.path, p.limits, f.size); };
  }
  if (const auto source = r.source()) c.source = {source->width, source->height};
  c.spacing_mm = r.spacing_mm();
  return c;
}

void score(record& r, const score_masks_parameters& p, cli::context& c) {
  score_map(case_of(r, p), p, [&](const std::string& prefix, const mask_scores& s) {
    for (const measure& m : s.found) r.set_measure(c.output_name(r, prefix + "." + m.name), m.value, m.why);
    if (!p.scores.counts || s.counts.empty()) return;
    const std::string pool = c.output_name(r, prefix + ".pool"), path = c.product(r, pool, "npy");
    write_tensor(path, counts_table(s.counts));
    r.set_feature(pool, {path, {int(s.counts.size()), 3}});
  });
}

}  // namespace

int main(int argc, char** argv) {
  score_masks_parameters p;
  cli::command program("med-score-masks", "score maps against masks of the truth");
  program.describe(
      "Measures are named <map>.<scope>.<measure>, or <map>.<class>.<scope>.<measure> for a map of several classes, "
      "with @<threshold> behind where there are several. What has no value is null, its reason in `why`. Formulas, "
      "sources and degenerate cases: postprocess/SCORES.md. Pixels beyond the map count as 0; outside_map tells how "
      "many. A map whose cells are no pixels of the source is refused: run med-upsample --to source.");
  program.reads("records with a map and masks of the truth");
  program.writes("measures; with --pool <id>.<map>.<scope>.pool.npy");
  program.example("med-score-masks --scope fov in.jsonl", "at the threshold of the card, in the field of view");
  program.example("med-score-masks --observer second --truth first in.jsonl", "how well two observers agree");
  program.reference("Maier-Hein et al., Metrics reloaded, Nat. Methods 21, 2024");
  program.add("--map", p.map, "which map").called("NAME").default_is("the only one");
  program.add("--observer", p.observer, "a mask of the truth in place of a map").called("MASK").default_is("none");
  program.add("--class", p.classes, "which channels of it").called("NAME,...").default_is("all");
  program.add("--truth", p.truths, "the mask")
      .called("[CLASS=]MASK,...")
      .default_is("of the same name, else the only one");
  program.add("--regions", p.regions, "classes also scored as one").called("NAME=CLASS+CLASS,...").default_is("none");
  program.add("--mask-map", p.mask_map, "what values of the truth mean: 1, 0, ignore, or the name of a class")
      .called("VALUE=MEANING,...")
      .default_is("0 and 1, or 0 and 255");
  program.add("--threshold", p.thresholds, "values from here on are positive")
      .called("NUMBER,...")
      .default_is("the card's, else 0.5");
  program.add("--sweep", p.scores.sweep, "also the oracle: the threshold of the largest Dice, chosen by the truth");
  program.add("--scope", p.scopes, "what is scored").called("fov|image,...").default_is("fov where there is one");
  program.add("--measures", p.groups, "of overlap, soft, ranking, surface, lesions, cldice").called("GROUP,...");
  program.add("--tolerance", p.scores.tolerances_px, "of nsd, in pixels").called("NUMBER,...");
  program.add("--tolerance-mm", p.scores.tolerances_mm, "of nsd, in mm where the spacing is known")
      .called("NUMBER,...")
      .default_is("none");
  program.add("--hit", p.hit, "when a lesion is found: any, iou:T, iom:T, coverage:T").called("RULE");
  program.add("--neighbours", p.scores.neighbours, "that join the pixels of a lesion, 8 or 4", 4, 8);
  program.add("--pool", p.scores.counts, "write how many pixels have which value, to be pooled over the study");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).before([&p] { p.prepare(); });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { score(r, p, c); }});
}
