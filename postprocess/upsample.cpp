// SPDX-License-Identifier: Apache-2.0
// med-upsample: maps of few cells on the pixels of the picture or the source.
#include "medvision/saliency/upsample.hpp"

#include <fmt/format.h>

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_map.hpp"
#include "medvision/io/tensor_file.hpp"

using namespace medvision;

namespace {

struct upsample_options {
  std::string map, to = "image", interpolation = "linear";
  cv::Size size{0, 0};  ///< empty: not said
  upsample_parameters how;
  image_limits limits;
};

/// The pixels that maps are put on, and where they lie in the source.
std::pair<cv::Size, frame> grid_of(const record& r, const upsample_options& p) {
  const auto source = r.source();
  const auto picture = r.picture();
  if (p.to == "source" ? !source : !picture)
    throw error("E_RECORD", fmt::format("the record does not say the {}'s width and height", p.to));
  const cv::Size whole =
      p.to == "source" ? cv::Size(source->width, source->height) : cv::Size(picture->width, picture->height);
  const cv::Size size = p.size.empty() ? whole : p.size;
  if (std::int64_t(size.width) * size.height > p.limits.max_pixels)
    throw error("E_TOO_LARGE", fmt::format("{}x{} are more than {} pixels; --max-pixels raises the limit", size.width,
                                           size.height, p.limits.max_pixels));
  return {size, compose(p.to == "source" ? frame{} : r.frame(), resize_frame(whole, size))};
}

void upsample_map(record& r, const std::string& name, const upsample_options& p, cli::context& c) {
  const map_info m = r.map(name);
  const auto [size, to_source] = grid_of(r, p);
  const std::array<int, 3> shape{m.shape[0], size.height, size.width};
  const cv::Mat cells = read_cells(m.path, m.shape, p.limits);
  const std::string full = c.output_name(r, name), path = c.product(r, full, "npy");
  tensor_writer file(path, {shape.begin(), shape.end()}, CV_32F);
  place_rows(cells, m.to_source, size, to_source, p.how, [&file](const cv::Mat& rows) { file.write(rows); });
  file.commit();
  r.set_map(full, {path, shape, m.classes, to_source, m.threshold});
}

void upsample_maps(record& r, const upsample_options& p, cli::context& c) {
  if (!p.map.empty()) return upsample_map(r, p.map, p, c);
  const auto maps = r.maps();
  if (maps.empty()) throw error("E_RECORD", "the record has no maps; med-infer makes them");
  for (const auto& [name, map] : maps) upsample_map(r, name, p, c);
}

}  // namespace

int main(int argc, char** argv) {
  upsample_options p;
  cli::command program("med-upsample", "put maps on the pixels of the picture or the source");
  program.describe(
      "A map goes there through its frame: moved, scaled, mirrored or turned by right angles. Pixels whose centres lie "
      "outside the map are 0. The map stays as it is; the new one is called PREFIX.<map>, as --as PREFIX says, and "
      "keeps classes and threshold. No picture is read. One channel is written after the other, some rows at a time.");
  program.reads("records with maps, and the width and height of the image or the source");
  program.writes("the records with the new maps, .npy of 32-bit floats");
  program.example("med-upsample --to source --as full --out work in.jsonl",
                  "on the truth's grid, where med-score-masks wants them");
  program.example("med-upsample --map saliency --interpolation nearest --as full --out work in.jsonl",
                  "as published Dice measurements of weakly supervised networks have it");
  program.reference("Keys, Cubic convolution interpolation, IEEE Trans. ASSP 29(6), 1981 (a = -0.75)");
  program.add("--map", p.map, "this map only").called("NAME").default_is("all of them");
  program.add("--to", p.to, "onto the pixels of the record's image, or of its source").one_of({"image", "source"});
  program.add_size("--size", p.size.width, p.size.height, "so many pixels over it instead of its own").default_is("");
  program
      .add("--interpolation", p.interpolation,
           "the cell floor(i*in/out); between centres, constant beyond the outermost; the mean of what a pixel covers; "
           "cubic, cut at the channel's own range")
      .one_of({"nearest", "linear", "area", "cubic"});
  program.add("--overshoot", p.how.overshoot, "cubic is not cut");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p, &program] {
    p.how.how = upsampling_named(p.interpolation);
    if (program.common.as.empty())
      throw error("E_OPTION", "say --as PREFIX: the new maps are called PREFIX.<map>, beside the old", blame::request);
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { upsample_maps(r, p, c); }});
}
