// SPDX-License-Identifier: Apache-2.0
// med-crop: a picture to the body part that it shows, and a mask of where that is.
#include "cli/runtime/run.hpp"
#include "medvision/crop/field_box.hpp"
#include "medvision/crop/fundus.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/io/image_file.hpp"

using namespace medvision;

namespace {

struct crop_parameters {
  std::string subject = "fundus";
  std::string pad = "0";
  padding around;
  image_limits limits;
};

void write_crop(record& r, const cv::Mat& image, const cv::Rect& box, cli::context& c) {
  const std::string path = c.picture(r, "crop");
  write_image(path, image(box));
  r.set_image(path, {box.width, box.height, image.channels(), depth_name(image.depth())}, crop_frame(box.x, box.y));
}

void crop(record& r, const crop_parameters& p, cli::context& c) {
  const cv::Mat image = read_image(r.image(), p.limits);
  r.meet_image({image.cols, image.rows, image.channels(), depth_name(image.depth())});
  if (const auto fov = r.fov(); fov && fov->by == "user") {
    const cv::Mat mask = read_mask(fov->path, p.limits, fov->size);
    const cv::Rect field = field_box(mask, fov->to_source, image.size(), r.frame());
    return write_crop(r, image, padded_box(field, p.around, image.size()), c);
  }
  const fundus_field found = find_fundus_field(image);
  if (found.confidence == 0) c.warn(r, "no background is to be seen; the whole picture is taken as the field of view");
  const cv::Rect2d field = map_box(r.frame(), found.box);
  const cv::Rect box = padded_box(found.box, p.around, image.size());
  const std::string mask = c.product(r, c.output_name(r, "fov"), "png");
  write_crop(r, image, box, c);
  write_image(mask, found.mask(box));
  r.set_fov({mask, r.frame(), "med-crop", field});
  r.set_measure("fov.confidence", found.confidence);
}

}  // namespace

int main(int argc, char** argv) {
  crop_parameters p;
  cli::command program("med-crop", "crop to the imaged body part");
  program.describe(
      "Of a fundus photograph the field of view is kept: the round region, found on a background of any colour, also "
      "where the picture or the camera cuts it. Where no background is to be seen the whole picture is kept, with a "
      "warning and fov.confidence 0. A field of view that the user gave is never replaced: the crop follows it.");
  program.reads("records with an image");
  program.writes(
      "the picture as <id>.crop.png in its own depth, the field of view as <id>.fov.png (255 inside) with the record's "
      "`fov`, and the measure fov.confidence: the share of the visible rim that lies on a circle");
  program.example("med-scan photos/ | med-crop --out work > cropped.jsonl", "every photograph of a folder");
  program.example("med-crop --pad 4% --out work in.jsonl", "with some background around the eye");
  program.reference("Fischler and Bolles, Random sample consensus, Commun. ACM 24(6), 1981");
  program.add("--subject", p.subject, "what the picture shows; breast and film are not there yet")
      .one_of({"fundus", "breast", "film"});
  program
      .add("--pad", p.pad, "kept around the field of view, as far as the picture goes: pixels, or a share of its side")
      .called("N|N%");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p] {
    p.around = padding_named(p.pad);
    if (p.subject != "fundus")
      throw error("E_OPTION", "--subject " + p.subject + " is not there yet; this version crops fundus photographs",
                  blame::request);
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { crop(r, p, c); }});
}
