// SPDX-License-Identifier: Apache-2.0
// med-roi: where to look closer, chosen on a map or at random.
#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/image_map.hpp"
#include "medvision/patch/sample.hpp"
#include "medvision/record/patch_record.hpp"
#include "medvision/select/regions.hpp"
#include "medvision/select/window.hpp"

using namespace medvision;

namespace {

struct roi_parameters {
  std::string map, rule = "window-sum", normalize, flat = "zero", inside;
  std::vector<std::string> classes;
  region_parameters region;
  double stop = -1;  ///< not said
  std::int64_t seed = 0;
  image_limits limits;
};

cv::Mat field_of(const record& r, const roi_parameters& p, cv::Size size, const frame& to_source) {
  if (p.inside.empty()) return {};
  const fov_info fov = r.needed_fov();
  return place_mask(read_mask(fov.path, p.limits, fov.size), fov.to_source, size, to_source);
}

void draw_rois(record& r, const roi_parameters& p) {
  const cv::Size size = r.picture_size();
  window_in_cells(p.region.window, size, {});  // refuses one that is larger than the picture
  const sample_parameters drawn{p.region.window, p.region.count, std::uint64_t(p.seed), fnv1a_64(r.id()), 0};
  std::vector<roi> rois;
  for (const cv::Rect& w : sample_boxes(size, field_of(r, p, size, r.frame()), drawn)) rois.push_back(region_of(r, w));
  r.set_rois(rois);
}

void find_rois(record& r, const roi_parameters& p, cli::context& c) {
  const map_info m = r.map(p.map);
  const cv::Mat map = read_cells(m.path, m.shape, p.limits, p.flat == "zero");
  const cv::Mat field = field_of(r, p, {m.shape[2], m.shape[1]}, m.to_source);
  const auto found = find_regions(map, m.classes, compose(invert(r.frame()), m.to_source), field, p.region);
  if (found.flat) c.warn(r, "a class of the map has the same value everywhere");
  if (std::ssize(found.regions) < p.region.count) c.warn(r, "fewer regions than asked for: too little is left");
  std::vector<roi> rois;
  for (const region& one : found.regions)
    rois.push_back(region_of(r, one.window, one.score, one.class_name, one.repeat));
  r.set_rois(rois);
}

}  // namespace

int main(int argc, char** argv) {
  roi_parameters p;
  cli::command program("med-roi", "choose the regions of a picture to look at more closely");
  program.describe(
      "window-sum takes the window with the largest mean response, counts it 0 from then on, and goes on: of equal "
      "windows the first in reading order, and when nothing is left the first again, marked `repeat`. peak takes the "
      "largest value and blanks the window around it; it ends where nothing above 0 is left. random draws places "
      "whose windows lie in the picture; it needs no map. A region's `score` is the mean over the window of what was "
      "left, or the peak's value; its `window` is in pixels of the image. Earlier regions of the record are replaced.");
  program.reads("records with a map; with --rule random, with width and height").writes("the records with `rois`");
  program.example("med-infer CARD --out w in.jsonl | med-roi --count 6 --window 256 | med-patch --rois --out w",
                  "the six patches that a second network is given");
  program.reference("Shen et al., GMIC, Med. Image Anal. 68, 2021; Wang et al., Zoom-in-Net, MICCAI 2017 (peak)");
  program.add("--map", p.map, "which map").called("NAME").default_is("the only one");
  program.add_words("--class", p.classes, "these classes; sum, max: all, added or the largest at each cell")
      .called("NAME,...|sum|max")
      .default_is("all, added; for peak the largest");
  program.add("--count", p.region.count, "regions", 1, 100'000);
  program.add_size("--window", p.region.window.width, p.region.window.height, "pixels of the image");
  program.add("--rule", p.rule, "how they are chosen").one_of({"window-sum", "peak", "random"});
  program.add("--stop", p.stop, "end below this share of the first score, or at 0", 0, 1).default_is("");
  program.add("--normalize", p.normalize, "stretch each class from 0 to 1 first")
      .one_of({"minmax", "none"})
      .default_is("minmax; for peak none");
  program.add("--zero-range", p.flat, "a class that is the same everywhere is 0, or 0/0 as in published code")
      .one_of({"zero", "nan"});
  program.add("--inside", p.inside, "what lies outside this mask counts 0 or is not drawn").one_of({"fov"});
  program.add("--seed", p.seed, "of the random places; a record's depend on nothing else", 0, std::int64_t{1} << 53);
  program.limits(p.limits.max_pixels, p.limits.max_bytes).before([&p] {
    if (p.rule != "random") apply_words(p.region, p.rule, p.classes, p.normalize, p.flat);
    if (p.stop >= 0) p.region.stop = p.stop;
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) {
                    p.rule == "random" ? draw_rois(r, p) : find_rois(r, p, c);
                  }});
}
