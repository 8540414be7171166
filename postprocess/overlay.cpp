// SPDX-License-Identifier: Apache-2.0
// med-overlay: what was found, drawn on the picture and measured.
#include "medvision/draw/overlay.hpp"

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/patch/sample.hpp"
#include "medvision/score/extent.hpp"

using namespace medvision;

namespace {

struct overlay_parameters {
  std::string on = "source", map, channel, truth;
  double threshold = 0.5;
  bool heat = false, rois = false;
  image_limits limits;
};

/// The picture under the layers, where it lies in the source, and where to look.
struct ground {
  cv::Mat picture, field;
  frame to_source;
};

ground lay_ground(record& r, const overlay_parameters& p) {
  const bool original = p.on == "source" && r.source();
  const cv::Mat image = read_image(original ? r.source()->path : r.image(), p.limits);
  if (!original) r.meet_image({image.cols, image.rows, image.channels(), depth_name(image.depth())});
  ground g{drawable(image), {}, original ? frame{} : r.frame()};
  if (const auto fov = r.fov())
    g.field = place_mask(read_mask(fov->path, p.limits), fov->to_source, image.size(), g.to_source);
  return g;
}

void measure(record& r, const std::string& name, const extent& e) {
  r.set_measure(name + ".area_px", e.area);
  r.set_measure(name + ".length_px", e.length);
  if (e.fraction)
    r.set_measure(name + ".area_fraction", *e.fraction);
  else
    r.set_undefined(name + ".area_fraction", "the field of view is empty");
}

void draw_map(record& r, const overlay_parameters& p, ground& g) {
  const std::string name = p.map.empty() ? r.maps().begin()->first : p.map;
  const map_info info = r.map(p.map);
  const cv::Mat cells = map_channel(read_floats(info.path), info.classes, p.channel);
  cv::Mat values = place_map(cells, info.to_source, g.picture.size(), g.to_source);
  if (!g.field.empty()) values.setTo(0, g.field == 0);
  const cv::Mat found = values >= p.threshold;
  if (p.heat)
    draw_heat(g.picture, values);
  else
    draw_outline(g.picture, found, found_colour);
  measure(r, name, measure_extent(found, g.field, g.to_source));
}

void overlay(record& r, const overlay_parameters& p, cli::context& c) {
  ground g = lay_ground(r, p);
  if (!p.map.empty() || !r.maps().empty()) draw_map(r, p, g);
  if (!p.truth.empty()) {
    const auto masks = r.truth_masks();
    if (!masks.contains(p.truth)) throw error("E_RECORD", "the record has no truth mask '" + p.truth + "'");
    const cv::Mat mask = read_mask(masks.at(p.truth), p.limits);
    draw_outline(g.picture, place_mask(mask, {}, g.picture.size(), g.to_source), truth_colour);
  }
  std::vector<cv::Rect2d> boxes;
  if (p.rois)
    for (const roi& b : r.rois()) boxes.push_back(map_box(invert(g.to_source), b.box));
  draw_boxes(g.picture, boxes, box_colour);
  const std::string path = c.picture(r, "overlay");
  write_image(path, g.picture);
  r.set_image(path, {g.picture.cols, g.picture.rows, 3, "u8"});
  r.set_frame(g.to_source);
}

}  // namespace

int main(int argc, char** argv) {
  overlay_parameters p;
  cli::command program("med-overlay", "draw what was found on the picture, and measure it");
  program.describe(
      "Maps are brought to the picture through their frames, linearly, and looked at inside the field of view only. "
      "The "
      "outline of what reaches the threshold is sky blue, the truth's yellow, boxes white.");
  program.reads("records with an image and a map, truth masks or regions of interest");
  program.writes(
      "the drawing as <id>.overlay.png, and of the map, in source pixels, the measures <map>.area_px, "
      "<map>.length_px (of the skeleton: 1 a step to the side, 1.414 a diagonal one) and <map>.area_fraction (of the "
      "field of view)");
  program.example("med-infer CARD --out work in.jsonl | med-overlay --out work", "outlines on the original pictures");
  program.example("med-overlay --on image --heat --map vessel --out work in.jsonl", "heat on the current pictures");
  program.reference("Zhang and Suen, A fast parallel algorithm for thinning digital patterns, Commun. ACM 27(3), 1984");
  program.add("--on", p.on, "draw on the source where the record names one, or on the current picture")
      .one_of({"source", "image"});
  program.add("--map", p.map, "which map").called("NAME").default_is("the only one");
  program.add("--class", p.channel, "which channel of it").called("NAME").default_is("the only one");
  program.add("--threshold", p.threshold, "values from here on are what was found; the card says which", -1e9, 1e9);
  program.add("--heat", p.heat, "values from 0 to 1 as colours, instead of the outline");
  program.add("--truth", p.truth, "outline this truth mask too").called("NAME");
  program.add("--rois", p.rois, "draw the boxes of regions of interest");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out();
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { overlay(r, p, c); }});
}
