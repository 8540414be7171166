// SPDX-License-Identifier: Apache-2.0
// med-stitch: the maps of a picture's patches to one map of the picture.
#include "medvision/patch/stitch.hpp"

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/image_map.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/record/patch_record.hpp"

using namespace medvision;

namespace {

struct stitch_parameters {
  std::string map, scores, blend = "mean";
  image_limits limits;
};

void stitch_one(const std::vector<record>& members, const std::string& name, const stitch_parameters& p, record& parent,
                cli::context& c) {
  const std::vector<patch_answer> said = answers_of(members, name, !p.scores.empty());
  std::vector<patch_map> places;
  for (const patch_answer& a : said) places.push_back({a.map.to_source, {a.map.shape[2], a.map.shape[1]}, a.cut});
  const cell_layout layout = lay_cells(places, parent.picture_size(), parent.frame(), p.limits.max_pixels);
  const map_info& first = said.front().map;
  stitcher whole(layout.size, first.shape[0], blend_named(p.blend));
  for (std::size_t i = 0; i < said.size(); ++i) {
    if (layout.in_rows) whole.close_rows_above(layout.boxes[i].y);
    const map_info& m = said[i].map;
    whole.add(layout.boxes[i],
              p.scores.empty() ? read_cells(m.path, m.shape, p.limits) : even_map(said[i].values, places[i].cells));
  }
  const std::string full = c.output_name(parent, name), path = c.product(parent, full, "npy");
  write_tensor(path, whole.finish());
  const std::array<int, 3> shape{first.shape[0], layout.size.height, layout.size.width};
  parent.set_map(full, {path, shape, first.classes, layout.to_source, first.threshold});
}

record stitch(const std::vector<record>& members, const stitch_parameters& p, cli::context& c) {
  record parent = *members.front().parent()->parent;
  parent.take_steps(members.front());
  const std::string& one = p.scores.empty() ? p.map : p.scores;
  if (!one.empty()) return stitch_one(members, one, p, parent, c), parent;
  const auto maps = members.front().maps();
  if (maps.empty()) throw error("E_RECORD", "the patches have no maps; med-infer makes them");
  for (const auto& [name, map] : maps) stitch_one(members, name, p, parent, c);
  return parent;
}

}  // namespace

int main(int argc, char** argv) {
  stitch_parameters p;
  cli::command program("med-stitch", "put the maps of patches together on their parent");
  program.describe(
      "A parent is finished as soon as all its patches were seen, in any order; it fails, naming the first patch that "
      "is missing, failed, or does not fit. Where patches overlap their maps are blended; a cell that no patch covers "
      "is an error. A map may have fewer cells than its patch has pixels, by a whole number.");
  program.reads("patches of med-patch with maps, or with scores");
  program.writes("the parents' records with the map, a .npy of 32-bit floats");
  program.example("med-patch --size 256 --stride 192 --out w in.jsonl | med-infer CARD --out w | med-stitch --out w",
                  "a network over large pictures, patch by patch");
  program.example("med-stitch --scores patch --out w in.jsonl", "a heat map of what a classifier says of patches");
  program.add("--map", p.map, "stitch this map only").called("NAME").default_is("all of them");
  program.add("--scores", p.scores, "a map of scores NAME.<class> instead, the same all over each patch")
      .called("NAME")
      .default_is("");
  program.add("--blend", p.blend, "of overlapping patches: gauss trusts centres more, crop the nearest centre alone")
      .one_of({"mean", "gauss", "crop", "max"});
  program.reference("Wu et al., Deep neural networks improve radiologists' performance, IEEE TMI 39(4), 2020 (scores)");
  program.reference("retina-unet (mean); Isensee et al., nnU-Net, Nature Methods 2021 (gauss, sigma of an eighth)");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p] {
    if (!p.map.empty() && !p.scores.empty()) throw error("E_OPTION", "one of --map and --scores", blame::request);
  });
  return cli::run(program, argc, argv, cli::fold_runs_verb{[&p](std::vector<record>& members, cli::context& c) {
                    return stitch(members, p, c);
                  }});
}
