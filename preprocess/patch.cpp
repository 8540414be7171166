// SPDX-License-Identifier: Apache-2.0
// med-patch: a picture to its patches, on a grid or at random, one record each.
#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/patch/grid.hpp"
#include "medvision/patch/sample.hpp"
#include "medvision/record/patch_record.hpp"

using namespace medvision;

namespace {

struct patch_parameters {
  grid_parameters grid{.max_count = 100'000};
  sample_parameters random{.count = 0};
  std::string rule = "pad", outside = "zero", inside, on = "image";
  bool rois = false;
  cv::Size roi_size;  ///< 0x0: the windows' own
  std::int64_t seed = 0;
  image_limits limits;
};

std::vector<cv::Rect> boxes_of(const record& r, const patch_parameters& p, cv::Size size) {
  if (p.rois) return region_boxes(r, p.roi_size);
  const auto fov = p.inside.empty() ? std::nullopt : std::optional(r.needed_fov());
  cv::Mat mask;
  if (fov) mask = place_mask(read_mask(fov->path, p.limits, fov->size), fov->to_source, size, r.frame());
  return p.random.count == 0 ? boxes_inside(make_grid(size, p.grid), mask, p.random.min_inside)
                             : sample_boxes(size, mask, p.random.of(fnv1a_64(r.id())));
}

void cut(record& r, const patch_parameters& p, cli::context& c, const cli::emit& take) {
  if (p.on == "source") r.return_to_source();
  const cv::Mat image = read_image(r.image(), p.limits);
  const picture_info info{image.cols, image.rows, image.channels(), depth_name(image.depth())};
  r.meet_image(info);
  const std::vector<cv::Rect> boxes = boxes_of(r, p, image.size());
  const patch_family family(r, int(boxes.size()));
  const std::vector<roi> regions = p.rois ? r.rois() : std::vector<roi>();
  const border outside = border_named(p.outside);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const cv::Rect& box = boxes[i];
    record patch = family.make(int(i), box_cut(image.size(), box, outside));
    if (p.rois) patch.set_rois({regions[i]});
    const std::string path = c.picture(patch, "patch");
    write_image(path, cut_patch(image, box, outside, p.limits.max_pixels));
    patch.set_image(path, {box.width, box.height, info.channels, info.depth}, patch_frame(image.size(), box, outside));
    take(std::move(patch));
  }
}

}  // namespace

int main(int argc, char** argv) {
  patch_parameters p;
  cli::command program("med-patch", "cut pictures into patches, one record each");
  program.describe(
      "Patches lie on a grid, counted left to right, then down, with --random where chance, with --rois where med-roi "
      "put them. A patch's record names its parent and its place there; med-stitch puts maps of patches together. "
      "minimum-corner: the visible part in the bottom right corner, the rest the smallest value of the picture.");
  program.reads("records with an image").writes("one record a patch, in order, and its pixels as <id>.patch.png");
  program.example("med-patch --size 48 --stride 16 --out work in.jsonl > patches.jsonl", "patches that overlap");
  program.example("med-patch --size 48 --random 100 --inside fov --seed 7 --out work in.jsonl", "drawn in the field");
  const cli::option& size = program.add_size("--size", p.grid.size.width, p.grid.size.height, "of a patch, pixels")
                                .default_is("256x256; with --rois that of each window");
  program.add_size("--stride", p.grid.stride.width, p.grid.stride.height, "step of the grid").default_is("the size");
  program.add("--rule", p.rule, "how rows end: over the edge, at it, in even steps").one_of({"pad", "flush", "even"});
  program.add("--border", p.outside, "beyond its edge").one_of({"zero", "edge", "reflect", "minimum-corner", "shift"});
  program.add("--random", p.random.count, "this many random places instead of a grid; 0: a grid", 0, 1'000'000);
  program.add("--rois", p.rois, "the regions of interest instead of a grid");
  program.add("--on", p.on, "cut from the record's image, or from its source").one_of({"image", "source"});
  program.add("--seed", p.seed, "of the random places; a record's depend on nothing else", 0, std::int64_t{1} << 53);
  program.add("--inside", p.inside, "only in this mask: centres of random patches, and --min-inside").one_of({"fov"});
  program.add("--min-inside", p.random.min_inside, "least share of a patch's pixels inside the mask", 0, 1);
  program.add("--max-patches", p.grid.max_count, "refuse a picture that would give more", 1, 10'000'000);
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p, &size] {
    p.grid.rule = grid_rule_named(p.rule);
    p.random.size = p.grid.size;
    p.random.seed = std::uint64_t(p.seed);
    if (size.given) p.roi_size = p.grid.size;
    if (p.random.min_inside > 0 && p.inside.empty())
      throw error("E_OPTION", "--min-inside needs --inside fov", blame::request);
    if (p.rois && (p.random.count > 0 || !p.inside.empty()))
      throw error("E_OPTION", "--rois goes with neither --random nor --inside", blame::request);
    check_grid(p.grid);
  });
  return cli::run(program, argc, argv, cli::expand_verb{[&p](auto& r, auto& c, auto& take) { cut(r, p, c, take); }});
}
