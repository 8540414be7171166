// SPDX-License-Identifier: Apache-2.0
// med-crop: a picture to the body part that it shows, and a mask of where that is.
#include "cli/runtime/run.hpp"
#include "medvision/crop/breast_cut.hpp"
#include "medvision/crop/fundus_cut.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/patch/sample.hpp"

using namespace medvision;

namespace {

struct crop_parameters {
  std::string subject = "fundus", pad;
  breast_cut_parameters breast;  ///< its padding is that of eyes too
  image_limits limits;
};

/// The crop, and what it shows (none: the user's is kept) with its box in the picture; both cut alike.
void write_crop(record& r, const cv::Mat& cut, const frame& step, const cv::Mat& mask, cv::Rect box, cli::context& c) {
  const std::string path = c.picture(r, "crop");
  const std::string fov = mask.empty() ? "" : c.product(r, c.output_name(r, "fov"), "png");
  const cv::Rect2d field = map_box(r.frame(), box);
  write_image(path, cut);
  r.set_image(path, {cut.cols, cut.rows, cut.channels(), depth_name(cut.depth())}, step);
  if (mask.empty()) return;
  write_image(fov, mask);
  r.set_fov({fov, r.frame(), "med-crop", field});
}

void crop_breast(record& r, const cv::Mat& image, const cv::Mat& known, const crop_parameters& p, cli::context& c) {
  const breast_tags tags = read_breast_tags(r.text("tags.side").value_or(""), r.text("tags.view").value_or(""));
  const breast_cut cut = plan_breast_cut(image, known, tags, p.breast);
  const breast_box& b = cut.box;
  for (const std::string& sentence : cut.warnings) c.warn(r, sentence);
  r.set_breast({r.frame(), b.kept, b.to == pointing::left ? "left" : "right", b.rightmost_rows, b.rightmost_column,
                b.bottommost_row, b.bottommost_columns, b.distance_from_starting_side, cut.centre, cut.background});
  const cv::Mat mask = known.empty() ? cut.of(cut.breast, 0) : cv::Mat();
  write_crop(r, cut.of(image, cut.fill), cut.to_picture(), mask, b.breast, c);
}

void crop(record& r, const crop_parameters& p, cli::context& c) {
  const cv::Mat image = read_image(r.image(), p.limits);
  r.meet_image({image.cols, image.rows, image.channels(), depth_name(image.depth())});
  const auto fov = r.fov() && r.fov()->by == "user" ? r.fov() : std::nullopt;
  const cv::Mat known = fov ? read_mask(fov->path, p.limits, fov->size) : cv::Mat();
  if (p.subject == "breast")
    return crop_breast(r, image, fov ? place_mask(known, fov->to_source, image.size(), r.frame()) : known, p, c);
  const fundus_cut cut = plan_fundus_cut(image, known, fov ? fov->to_source : frame{}, r.frame(), p.breast.buffer);
  if (cut.confidence == 0) c.warn(r, "no background is to be seen; the whole picture is taken as the field of view");
  write_crop(r, image(cut.kept), crop_frame(cut.kept.x, cut.kept.y), cut.mask, cut.field, c);
  if (cut.confidence) r.set_measure("fov.confidence", *cut.confidence);
}

}  // namespace

int main(int argc, char** argv) {
  crop_parameters p;
  cli::command program("med-crop", "crop to the imaged body part");
  program.describe(
      "Of an eye the field of view is kept, a round region on a background of any colour, or, with a warning and "
      "fov.confidence 0, all. Of a breast the largest piece of tissue, without labels, padded except at the chest "
      "wall, or the window that shows most of it (by tags.view, CC or MLO). A user's field of view is never replaced.");
  program.reads("records with an image");
  program.writes(
      "the picture as <id>.crop.png in its own depth, what it shows as <id>.fov.png (255 inside) with the record's "
      "`fov`; of eyes fov.confidence, the share of the rim on a circle; of breasts `breast`, as in exam lists");
  program.example("med-scan photos/ | med-crop --pad 4% --out work > cropped.jsonl", "every photograph of a folder");
  program.example("med-crop --subject breast --flip-to left --window 1920x2944 --out w in.jsonl", "as GMIC wants it");
  program.reference("Fischler and Bolles, Random sample consensus, Commun. ACM 24(6), 1981");
  program.reference("Wu et al., Deep neural networks improve radiologists' performance, IEEE TMI 39(4), 2020");
  program.add("--subject", p.subject, "what the picture shows").one_of({"fundus", "breast"});
  program.add("--pad", p.pad, "kept around it: pixels, or a share of its side; 0, around a breast 50").called("N|N%");
  const std::vector<const cli::option*> of_breast{
      &program.add("--background", p.breast.words.background, "of a breast: values up to this").called("auto|N"),
      &program.add("--iterations", p.breast.iterations, "of a breast: erosions that part labels from it", 0, 5000),
      &program.add_size("--window", p.breast.window.width, p.breast.window.height, "a breast's best").default_is(""),
      &program.add("--flip-to", p.breast.words.flip_to, "where a chest wall is to be").one_of({"none", "left"}),
      &program.add("--stored", p.breast.words.stored, "a left breast points: right, left, as can be seen")
           .one_of({"usual", "mirrored", "unknown"})};
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p, of_breast] {
    p.breast = with_words(p.breast, p.limits.max_pixels);
    p.breast.buffer = padding_named(!p.pad.empty() ? p.pad : p.subject == "breast" ? "50" : "0");
    for (const cli::option* o : of_breast)
      if (o->given && p.subject != "breast") throw error("E_OPTION", o->flag + " is of breasts only", blame::request);
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { crop(r, p, c); }});
}
