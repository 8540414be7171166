// SPDX-License-Identifier: Apache-2.0
// med-score-masks: a map against the truth, pixel by pixel, outline by outline, lesion by lesion.
#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/score/mask_classes.hpp"
#include "medvision/score/mask_scores.hpp"
#include "medvision/score/source_grid.hpp"

using namespace medvision;

namespace {

struct score_masks_parameters {
  std::string map, hit = "any";
  std::vector<std::string> scopes, classes, truths, regions, mask_map, groups{"overlap", "soft", "ranking", "surface"};
  std::vector<double> thresholds;  ///< not said: the map's own
  bool pool = false;
  mask_score_parameters scores;
  value_map meanings;
  image_limits limits;
};

truth_mask read_truths(const record& r, const mask_class& k, const score_masks_parameters& p) {
  std::vector<truth_mask> masks;
  for (std::size_t i = 0; i < k.names.size(); ++i)
    masks.push_back(read_truth(read_image(r.truth_masks().at(k.masks[i]), p.limits), p.meanings, k.names[i]));
  truth_mask all = join_truths(masks);
  check_truth_size(all.positive.size(), r.source() ? cv::Size(r.source()->width, r.source()->height) : cv::Size());
  return all;
}

cv::Mat field_of(const record& r, const std::string& scope, cv::Size size, const image_limits& limits) {
  if (scope == "image") return {};
  if (!r.fov()) throw error("E_RECORD", "the record has no field of view; med-crop finds it, or say --scope image");
  return place_on_source(read_mask(r.fov()->path, limits), r.fov()->to_source, size, "the field of view",
                         "it is needed on pixels of the source");
}

void score(record& r, const score_masks_parameters& p, cli::context& c) {
  const map_info info = r.map(p.map);
  const std::string name = p.map.empty() ? r.maps().begin()->first : p.map;
  const cv::Mat cells = read_map(info.path, info.shape, false);
  mask_score_parameters wanted = p.scores;
  wanted.thresholds = p.thresholds.empty() ? std::vector{info.threshold.value_or(0.5)} : p.thresholds;
  std::vector<std::string> scopes = p.scopes, masks;
  if (scopes.empty()) scopes = {r.fov() ? "fov" : "image"};
  for (const auto& [mask, path] : r.truth_masks()) masks.push_back(mask);
  for (const mask_class& k : find_classes({name, info.shape[0], info.classes, masks, p.classes, p.truths, p.regions})) {
    const truth_mask truth = read_truths(r, k, p);
    const cv::Size size = truth.positive.size();
    mask_case one{place_on_source(largest_channel(cells, k.channels), info.to_source, size, "the map '" + name + "'"),
                  truth.positive,
                  {},
                  covered_by({info.shape[2], info.shape[1]}, info.to_source, size),
                  r.spacing_mm()};
    for (const std::string& scope : scopes) {
      one.scope = scope_of(size, field_of(r, scope, size, p.limits), truth.ignored);
      const mask_scores s = score_mask(one, wanted);
      const std::string prefix = k.prefix + "." + scope;
      for (const measure& m : s.found)
        m.value ? r.set_measure(prefix + "." + m.name, *m.value) : r.set_undefined(prefix + "." + m.name, m.why);
      if (!p.pool || s.counts.empty()) continue;
      const std::string pool = c.output_name(r, prefix + ".pool"), path = c.product(r, pool, "npy");
      write_tensor(path, counts_table(s.counts));
      r.set_feature(pool, {path, {int(s.counts.size()), 3}});
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  score_masks_parameters p;
  cli::command program("med-score-masks", "score maps against masks of the truth");
  program.describe(
      "Measures are named <map>.<scope>.<measure>, or <map>.<class>.<scope>.<measure> for maps of several classes, "
      "with "
      "@<threshold> behind where several thresholds are asked for. What has no value is null, with the reason in "
      "`why`. "
      "Formulas, sources and degenerate cases: postprocess/SCORES.md. Pixels that the map does not cover count as 0 "
      "and "
      "are told as outside_map. A map whose cells are no pixels of the source is refused: med-upsample --to source.");
  program.reads("records with a map and masks of the truth")
      .writes("measures; with --pool <id>.<map>.<scope>.pool.npy");
  program.example("med-score-masks --scope fov cases.jsonl",
                  "at the threshold of the network's card, in the field of view");
  program.reference("Maier-Hein et al., Metrics reloaded, Nat. Methods 21, 2024");
  program.add("--map", p.map, "which map").called("NAME").default_is("the only one");
  program.add("--class", p.classes, "which of its channels").called("NAME,…").default_is("all of them");
  program.add("--truth", p.truths, "the truth mask, or one for each class")
      .called("[CLASS=]MASK,…")
      .default_is("that of the same name, else the only one");
  program.add("--regions", p.regions, "classes scored as one: the largest value, the union of the truth")
      .called("NAME=CLASS+CLASS,…");
  program.add("--mask-map", p.mask_map, "what values of the truth mean: 1, 0, ignore, or a class")
      .called("VALUE=MEANING,…")
      .default_is("plain masks of 0 and 1, or 0 and 255");
  program.add("--threshold", p.thresholds, "values from here on are positive")
      .default_is("the one the network's card states, else 0.5");
  program.add("--sweep", p.scores.sweep,
              "also the threshold of the largest Dice: the oracle, chosen with the truth in hand");
  program.add("--scope", p.scopes, "what is scored")
      .called("fov|image,…")
      .default_is("the field of view where the record has one");
  program.add("--measures", p.groups, "groups: overlap, soft, ranking, surface, lesions, cldice").called("GROUP,…");
  program.add("--tolerance", p.scores.tolerances_px, "of the surface's nsd, pixels");
  program.add("--tolerance-mm", p.scores.tolerances_mm, "the same in mm, where the spacing is known")
      .default_is("none");
  program.add("--hit", p.hit, "when a lesion is hit: any, iou:T, iom:T, coverage:T").called("RULE");
  program.add("--neighbours", p.scores.neighbours, "that connect a lesion, 8 or 4", 4, 8);
  program.add("--pool", p.pool,
              "write the pixels of each class by distinct value, for exact figures of the whole study");
  program.limits(p.limits.max_pixels, p.limits.max_bytes);
  program.before([&p] { prepare(p); });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { score(r, p, c); }});
}
