// SPDX-License-Identifier: Apache-2.0
// med-resize: a picture to a size, its frame kept.
#include "medvision/enhance/resize.hpp"

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"

using namespace medvision;

namespace {

struct resize_parameters {
  cv::Size size{0, 0};
  std::string fit = "fit", interpolation = "auto";
  image_limits limits;
};

void resize_picture(record& r, const resize_parameters& p, cli::context& c) {
  const cv::Mat image = read_image(r.image(), p.limits);
  r.meet_image({image.cols, image.rows, image.channels(), depth_name(image.depth())});
  const resize_plan plan = plan_resize(image.size(), p.size, fit_named(p.fit), p.limits.max_pixels);
  const cv::Mat out = resize(image, plan, interpolation_named(p.interpolation));
  const std::string path = c.picture(r, "resize");
  write_image(path, out);
  r.set_image(path, {out.cols, out.rows, out.channels(), depth_name(out.depth())}, plan.step);
}

}  // namespace

int main(int argc, char** argv) {
  resize_parameters p;
  cli::command program("med-resize", "fit, fill or stretch pictures to a size");
  program.describe(
      "The record's frame leads from the new pixels to the source's. Nothing else is resized: the field of view, truth "
      "and maps have frames of their own.");
  program.reads("records with an image").writes("the picture as <id>.resize.png in its own depth");
  program.example("med-resize --size 1024x1024 --out work in.jsonl", "the longer side becomes 1024 pixels");
  program.example("med-resize --size 512x512 --fit fill --out work in.jsonl", "squares, cut from the middle");
  program.add_size("--size", p.size.width, p.size.height, "asked for, pixels; required").default_is("");
  program
      .add("--fit", p.fit, "within the size, shape kept; the size exactly, cut in the middle; the size, shape changed")
      .one_of({"fit", "fill", "stretch"});
  program.add("--interpolation", p.interpolation, "auto is area when the picture shrinks, linear when it grows")
      .one_of({"auto", "nearest", "linear", "area", "cubic"});
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p] {
    if (p.size.empty()) throw error("E_OPTION", "--size WxH is required", blame::request);
    plan_resize({1, 1}, p.size, resize_fit::stretch, p.limits.max_pixels);
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { resize_picture(r, p, c); }});
}
