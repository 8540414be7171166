// SPDX-License-Identifier: Apache-2.0
// med-stitch: the maps of a picture's patches to one map of the picture.
#include "medvision/patch/stitch.hpp"

#include <fmt/format.h>

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/image_map.hpp"
#include "medvision/io/tensor_file.hpp"

using namespace medvision;

namespace {

struct stitch_parameters {
  std::string map, blend = "mean";
  image_limits limits;
};

/// The map `name` of every member, laid out on the parent.
cell_layout layout_of(const std::vector<record>& members, const record& parent, const std::string& name,
                      const image_limits& limits) {
  const map_info first = members.front().map(name);
  std::vector<patch_map> patches;
  for (const record& member : members) {
    const map_info m = member.map(name);
    const cv::Rect cut = member.parent()->box;
    if (m.shape[0] != first.shape[0] || m.classes != first.classes)
      throw error("E_SHAPE",
                  fmt::format("the map '{}' of patch {} has {} channels or other classes than the {} of patch 0", name,
                              patches.size(), m.shape[0], first.shape[0]));
    patches.push_back({m.to_source, {m.shape[2], m.shape[1]}, cut});
  }
  return lay_cells(patches, parent.picture_size(), parent.frame(), limits.max_pixels);
}

void stitch_map(const std::vector<record>& members, const std::string& name, const stitch_parameters& p, record& parent,
                cli::context& c) {
  const map_info first = members.front().map(name);
  const cell_layout layout = layout_of(members, parent, name, p.limits);
  stitcher whole(layout.size, first.shape[0], blend_named(p.blend));
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (layout.in_rows) whole.close_rows_above(layout.boxes[i].y);
    const map_info m = members[i].map(name);
    whole.add(layout.boxes[i], read_cells(m.path, m.shape, p.limits));
  }
  const std::string full = c.output_name(parent, name), path = c.product(parent, full, "npy");
  write_tensor(path, whole.finish());
  const std::array<int, 3> shape{first.shape[0], layout.size.height, layout.size.width};
  parent.set_map(full, {path, shape, first.classes, layout.to_source, first.threshold});
}

record stitch(const std::vector<record>& members, const stitch_parameters& p, cli::context& c) {
  record parent = *members.front().parent()->parent;
  parent.take_steps(members.front());
  const auto maps = members.front().maps();
  if (maps.empty()) throw error("E_RECORD", "the patches have no maps; med-infer makes them");
  if (!p.map.empty())
    stitch_map(members, p.map, p, parent, c);
  else
    for (const auto& [name, map] : maps) stitch_map(members, name, p, parent, c);
  return parent;
}

}  // namespace

int main(int argc, char** argv) {
  stitch_parameters p;
  cli::command program("med-stitch", "put the maps of patches together on their parent");
  program.describe(
      "A parent is finished as soon as all its patches were seen, in any order; it fails, naming the first patch that "
      "is "
      "missing, failed, or does not fit. Where patches overlap their maps are blended; a cell that no patch covers is "
      "an "
      "error. A map may have fewer cells than its patch has pixels, by a whole number.");
  program.reads("patches of med-patch with maps").writes("the parents' records with the map, a .npy of 32-bit floats");
  program.example("med-patch --size 256 --stride 192 --out w in.jsonl | med-infer CARD --out w | med-stitch --out w",
                  "a network over large pictures, patch by patch");
  program.add("--map", p.map, "stitch this map only").called("NAME").default_is("all of them");
  program.add("--blend", p.blend, "of overlapping patches: gauss trusts centres more, crop the nearest centre alone")
      .one_of({"mean", "gauss", "crop", "max"});
  program.reference("retina-unet (mean); Isensee et al., nnU-Net, Nature Methods 2021 (gauss, sigma of an eighth)");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out();
  return cli::run(program, argc, argv, cli::fold_runs_verb{[&p](std::vector<record>& members, cli::context& c) {
                    return stitch(members, p, c);
                  }});
}
