// SPDX-License-Identifier: Apache-2.0
// med-overlay: what was found, drawn on the picture and measured.
#include "medvision/draw/overlay.hpp"

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/image_map.hpp"
#include "medvision/patch/sample.hpp"
#include "medvision/saliency/upsample.hpp"
#include "medvision/score/extent.hpp"

using namespace medvision;

namespace {

struct overlay_parameters {
  std::string on = "source", map, channel, truth;
  double threshold = std::nan("");  ///< not said: the map's own
  bool heat = false, rois = false;
  image_limits limits;
};

void draw_map(record& r, const overlay_parameters& p, cv::Mat& picture, const cv::Mat& field, const frame& to_source) {
  const map_info info = r.map(p.map);
  const std::string name = p.map.empty() ? r.maps().begin()->first : p.map;
  const cv::Mat cells = map_channel(read_cells(info.path, info.shape, p.limits), info.classes, p.channel);
  const cv::Mat values = place_map(cells, info.to_source, picture.size(), to_source);
  const double threshold = std::isnan(p.threshold) ? info.threshold.value_or(0.5) : p.threshold;
  const cv::Mat found = find_above(values, threshold, field);
  r.set_measure(name + ".threshold", threshold);
  for (const measure& m : measures_of(measure_extent(found, field, to_source), name))
    r.set_measure(m.name, m.value, m.why);
  p.heat ? draw_heat(picture, values, field) : draw_outline(picture, found, found_colour);
}

void overlay(record& r, const overlay_parameters& p, cli::context& c) {
  if (p.map.empty() && r.maps().empty() && p.truth.empty() && !p.rois)
    throw error("E_RECORD", "there is nothing to draw: no map, and neither --truth nor --rois was said");
  const bool original = p.on == "source" && r.source();
  const frame to_source = original ? frame{} : r.frame();
  const cv::Mat image = read_image(original ? r.source()->path : r.image(), p.limits);
  if (!original) r.meet_image({image.cols, image.rows, image.channels(), depth_name(image.depth())});
  const cv::Size source(r.source()->width, r.source()->height);
  if (original) check_size(r.source()->path, image.size(), source);
  cv::Mat picture = drawable(image), field;
  if (const auto fov = r.fov()) {
    const cv::Mat mask = read_mask(fov->path, p.limits, fov->size);
    field = place_mask(mask, fov->to_source, image.size(), to_source);
  }
  if (!p.map.empty() || !r.maps().empty()) draw_map(r, p, picture, field, to_source);
  if (!p.truth.empty()) {
    const cv::Mat truth = read_mask(r.truth_mask(p.truth), p.limits, source);
    draw_outline(picture, place_mask(truth, {}, image.size(), to_source), truth_colour);
  }
  if (p.rois)
    for (const roi& b : r.rois()) draw_box(picture, map_box(invert(to_source), b.box), box_colour);
  const std::string path = c.picture(r, "overlay");
  write_image(path, picture);
  r.set_image(path, {picture.cols, picture.rows, 3, "u8"});
  r.set_frame(to_source);
}

}  // namespace

int main(int argc, char** argv) {
  overlay_parameters p;
  cli::command program("med-overlay", "draw what was found on the picture, and measure it");
  program.describe(
      "Maps are brought to the picture through their frames, linearly, and looked at inside the field of view. What "
      "reaches the threshold is outlined in sky blue, the truth in yellow; boxes are white. Measured, in pixels of "
      "the source: <map>.area_px, <map>.length_px (of the skeleton), <map>.area_fraction (of the field of view). "
      "med-sheet puts many pictures on one.");
  program.reads("records with an image and a map, truth or regions of interest").writes("<id>.overlay.png, measures");
  program.example("med-infer CARD --out work in.jsonl | med-overlay --out work", "outlines on the original pictures");
  program.reference("Zhang and Suen, A fast parallel algorithm for thinning digital patterns, Commun. ACM 27(3), 1984");
  program.add("--on", p.on, "the source where the record names one, or the current image").one_of({"source", "image"});
  program.add("--map", p.map, "which map").called("NAME").default_is("the only one");
  program.add("--class", p.channel, "which channel of it").called("NAME").default_is("the only one");
  program.add("--threshold", p.threshold, "values from here on are what was found", -1e9, 1e9)
      .default_is("the one the network's card states, else 0.5");
  program.add("--heat", p.heat, "values from 0 to 1 as colours, instead of the outline");
  program.add("--truth", p.truth, "outline this truth mask too").called("NAME");
  program.add("--rois", p.rois, "draw the boxes of regions of interest");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out();
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { overlay(r, p, c); }});
}
