// SPDX-License-Identifier: Apache-2.0
// med-crop: a picture to the body part that it shows, and a mask of where that is.
#include "cli/runtime/run.hpp"
#include "medvision/crop/breast_cut.hpp"
#include "medvision/crop/film.hpp"
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
  const std::string path = c.picture(r, "crop"), fov = mask.empty() ? "" : c.product(r, c.output_name(r, "fov"), "png");
  const cv::Rect2d field = map_box(r.frame(), box);
  write_image(path, cut);
  if (!mask.empty()) write_image(fov, mask);
  r.set_image(path, {cut.cols, cut.rows, cut.channels(), depth_name(cut.depth())}, step);
  if (!mask.empty()) r.set_fov({fov, r.frame(), "med-crop", field});
}

void crop_breast(record& r, const cv::Mat& image, const cv::Mat& known, const crop_parameters& p, cli::context& c) {
  const breast_tags tags = read_breast_tags(r.text("tags.side").value_or(""), r.text("tags.view").value_or(""));
  const breast_cut cut = plan_breast_cut(image, known, tags, p.breast);
  const breast_box& b = cut.box;
  for (const std::string& sentence : cut.warnings) c.warn(r, sentence);
  r.set_breast({r.frame(), b.kept, b.to == pointing::left ? "left" : "right", b.rightmost_rows, b.rightmost_column,
                b.bottommost_row, b.bottommost_columns, b.distance_from_starting_side, cut.centre, cut.background});
  write_crop(r, cut.of(image, cut.fill), cut.to_picture(), cut.found(), b.breast, c);
}

void crop(record& r, const crop_parameters& p, cli::context& c) {
  const cv::Mat image = read_image(r.image(), p.limits);
  r.meet_image({image.cols, image.rows, image.channels(), depth_name(image.depth())});
  const auto fov = r.fov() && r.fov()->by == "user" ? r.fov() : std::nullopt;
  const cv::Mat known = fov ? read_mask(fov->path, p.limits, fov->size) : cv::Mat();
  const cv::Mat on = fov && p.subject != "fundus" ? place_mask(known, fov->to_source, image.size(), r.frame()) : known;
  if (p.subject == "breast") return crop_breast(r, image, on, p, c);
  if (p.subject == "film") {
    const film_cut cut = plan_film_cut(image, on, p.breast.buffer);
    r.set_measure("film.borders", cut.borders);
    return write_crop(r, image(cut.kept), crop_frame(cut.kept.x, cut.kept.y), cut.mask, cut.breast, c);
  }
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
      "Kept is of an eye the field of view, or, with a warning and fov.confidence 0, all; of a breast its tissue, "
      "padded but for the chest wall, or its best window (by tags.view; --stored: a left one points right, left, as "
      "seen); of a film all but white and black strips beside it. A user's field of view is never replaced.");
  program.reads("records with an image");
  program.writes(
      "<id>.crop.png and what it shows, <id>.fov.png; fov.confidence of eyes, `breast` of breasts, film.borders");
  program.example("med-scan photos/ | med-crop --pad 4% --out work > cropped.jsonl", "every photograph of a folder");
  program.example("med-crop --subject breast --flip-to left --window 1920x2944 --out w in.jsonl", "as GMIC wants it");
  program.reference("Fischler and Bolles, Commun. ACM 24(6), 1981").reference("Wu et al., IEEE TMI 39(4), 2020");
  program.add("--subject", p.subject, "what the picture shows").one_of({"fundus", "breast", "film"});
  program.add("--pad", p.pad, "kept around it: pixels, or a share of its side; 0, around a breast 50").called("N|N%");
  const std::vector<const cli::option*> of_breast{
      &program.add("--background", p.breast.words.background, "of a breast: values up to this").called("auto|N"),
      &program.add("--iterations", p.breast.iterations, "of a breast: erosions that part labels from it", 0, 5000),
      &program.add_size("--window", p.breast.window.width, p.breast.window.height, "a breast's best").default_is(""),
      &program.add("--flip-to", p.breast.words.flip_to, "where a chest wall is to be").one_of({"none", "left"}),
      &program.add("--stored", p.breast.words.stored, "how left ones lie").one_of({"usual", "mirrored", "unknown"})};
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p, of_breast] {
    p.breast = with_words(p.breast, p.limits.max_pixels);
    p.breast.buffer = padding_named(!p.pad.empty() ? p.pad : p.subject == "breast" ? "50" : "0");
    for (const cli::option* o : of_breast)
      if (o->given && p.subject != "breast") throw error("E_OPTION", o->flag + " is of breasts only", blame::request);
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { crop(r, p, c); }});
}
