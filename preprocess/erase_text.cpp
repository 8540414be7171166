// SPDX-License-Identifier: Apache-2.0
// med-erase-text: labels, stickers, tape and stains of a scanned film, off the breast, to dark film.
#include "cli/runtime/run.hpp"
#include "medvision/crop/text.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/patch/sample.hpp"

using namespace medvision;

namespace {

struct erase_parameters {
  std::string fill = "background";
  text_parameters text;
  image_limits limits;
};

void erase(record& r, const erase_parameters& p, cli::context& c) {
  const cv::Mat image = read_image(r.image(), p.limits);
  r.meet_image({image.cols, image.rows, image.channels(), depth_name(image.depth())});
  cv::Mat body;
  if (const auto fov = r.fov())
    body = place_mask(read_mask(fov->path, p.limits, fov->size), fov->to_source, image.size(), r.frame());
  const std::vector<film_text> texts = find_texts(image, body, p.text);
  const cv::Mat out = erase_texts(image, texts);
  const std::string path = c.picture(r, "erase-text");
  write_image(path, out);
  std::vector<cv::Rect2d> boxes;
  for (const film_text& t : texts) boxes.push_back(map_box(r.frame(), t.box));
  r.add_erased(boxes);
  r.set_image(path, {out.cols, out.rows, out.channels(), depth_name(out.depth())});
}

}  // namespace

int main(int argc, char** argv) {
  erase_parameters p;
  cli::command program("med-erase-text", "erase labels, stickers, tape and stains of a scanned film");
  program.describe(
      "What stands out of the dark film beside the breast is erased: stickers by their shape, white strips beside the "
      "film by their straight edge, the rest by its contrast. Nothing inside the breast is touched, nor in a "
      "narrow seam around it, but for stickers. The breast is the record's `fov` where there is one, else it is "
      "found. What is wider than a tenth of the picture and no sticker stays: film that was exposed less.");
  program.reads("records with an image of a film, cropped by med-crop or not");
  program.writes(
      "the picture as <id>.erase-text.png in its own depth, and the record's `erased`: a box in source pixels for each "
      "thing erased, or an empty list");
  program.example("med-crop --subject film --out w in.jsonl | med-erase-text --out w > clean.jsonl", "films, cleaned");
  program.example("med-erase-text --fill 0 --out w in.jsonl", "black in place of labels");
  program.reference("Suckling et al., The Mammographic Image Analysis Society Digital Mammogram Database, 1994");
  program.add("--fill", p.fill, "put in its place: a value, or the middle value of the dark film around each")
      .called("background|N");
  program.add("--margin", p.text.margin, "around the breast only stickers are erased; share of the longer side", 0,
              0.1);
  program.add("--contrast", p.text.dark.least_contrast, "text is brighter than the dark by this share of the range", 0,
              1);
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p] {
    p.text.fill = fill_named(p.fill);
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { erase(r, p, c); }});
}
