// SPDX-License-Identifier: Apache-2.0
// med-paste: the maps of regions laid on the map of the picture.
#include "medvision/saliency/paste.hpp"

#include <fmt/format.h>

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_map.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/io/tensor_items.hpp"

using namespace medvision;

namespace {

struct paste_parameters {
  std::string maps, onto, outside = "half", interpolation = "nearest";
  image_limits limits;
};

std::vector<region_map> maps_of_regions(const record& r, const paste_parameters& p) {
  std::vector<region_map> all;
  for (const roi& region : r.rois()) {
    const auto found = region.maps.find(p.maps);
    if (found == region.maps.end())
      throw error("E_RECORD",
                  fmt::format("region {} has no map '{}'; med-infer --over rois makes it", all.size(), p.maps));
    const map_info& m = found->second;
    const std::vector<int> shape(m.shape.begin(), m.shape.end());
    all.push_back({read_item(m.path, shape, m.index.value_or(-1), p.limits.max_bytes), m.to_source});
  }
  if (all.empty()) throw error("E_RECORD", "the record has no regions of interest; med-roi chooses them");
  return all;
}

void paste(record& r, const paste_parameters& p, cli::context& c) {
  if (!r.picture()) throw error("E_RECORD", "the record does not say its width and height");
  const cv::Size size(r.picture()->width, r.picture()->height);
  if (std::int64_t(size.width) * size.height > p.limits.max_pixels)
    throw error("E_TOO_LARGE", fmt::format("{}x{} are more than {} pixels; --max-pixels raises the limit", size.width,
                                           size.height, p.limits.max_pixels));
  const map_info m = r.map(p.onto);
  const std::string name = c.output_name(r, "pasted"), path = c.product(r, name, "npy");
  write_tensor(path, paste_maps(read_cells(m.path, m.shape, p.limits), m.to_source, maps_of_regions(r, p), size,
                                r.frame(), uncovered_named(p.outside), {upsampling_named(p.interpolation)}));
  r.set_map(name, {path, {m.shape[0], size.height, size.width}, m.classes, r.frame(), m.threshold});
}

}  // namespace

int main(int argc, char** argv) {
  paste_parameters p;
  cli::command program("med-paste", "lay the maps of regions on the map of the picture");
  program.describe(
      "Both come to the pixels of the picture. Where regions lie the new map, `pasted`, is the mean of the picture's "
      "map and the region's, of several regions the last one's; elsewhere it is half of the picture's map, as if zeros "
      "lay there, or all of it.");
  program.reads("records with a map, and regions with maps: med-infer --over rois makes those");
  program.writes("the records with the new map, a .npy of 32-bit floats");
  program.example("med-infer local --over rois --out w in.jsonl | med-paste --maps local --onto saliency --out w",
                  "the saliency of a picture, finer where it was looked at closely");
  program.reference("Liu et al., Weakly-supervised high-resolution segmentation of mammography images, MIDL 2021");
  program.add("--maps", p.maps, "of the regions; required").called("NAME");
  program.add("--onto", p.onto, "which map of the picture").called("NAME").default_is("the only one");
  program.add("--outside", p.outside, "where no region lies: half the picture's map, or all").one_of({"half", "keep"});
  program.add("--interpolation", p.interpolation, "as med-upsample has it, for both")
      .one_of({"nearest", "linear", "area", "cubic"});
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p] {
    if (p.maps.empty()) throw error("E_OPTION", "say --maps NAME: which maps of the regions", blame::request);
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { paste(r, p, c); }});
}
