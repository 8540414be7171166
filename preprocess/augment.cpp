// SPDX-License-Identifier: Apache-2.0
// med-augment: variants of pictures by chance, one record each; masks, boxes and fields of view move along.
#include "cli/runtime/run.hpp"
#include "medvision/patch/augment_words.hpp"
#include "medvision/system/case_variants.hpp"

using namespace medvision;

namespace {

struct augment_program_parameters : case_variant_parameters {
  augment_words words;
  std::string border = "zero";
};

void augment(record& r, const augment_program_parameters& p, cli::context& c, const cli::emit& take) {
  make_case_variants(r, p,
                     {[&c](const record& out) { return c.picture(out, "augment"); },
                      [&c](const record& out, const std::string& name, const std::string& extension) {
                        return c.product(out, c.output_name(out, name), extension);
                      }},
                     take);
}

}  // namespace

int main(int argc, char** argv) {
  augment_program_parameters p;
  cli::command program("med-augment", "variants of pictures by chance, one record each");
  program.describe(
      "Each variant is turned, mirrored, shifted, cut, bent, and its contrast and saturation scaled, in this order, as "
      "far as is asked for. What is drawn depends on the seed, the record's id and the variant's number alone. Pixels "
      "are copied: the frame leads to the same source, so that truth and field of view, which are in its pixels, stay "
      "as they are. With --new-source, and always when bent, since no frame is true of that, a variant is a source of "
      "its own: masks, boxes and field of view are written anew in its pixels, and `derived_from` says what it was "
      "made of. med-fuse --group parent.id takes the scores of all variants together.");
  program.reads("records with an image");
  program.writes(
      "one record a variant, `<id>/<number>`, and its pixels as <id>.augment.png; with --new-source masks as "
      "<id>.<mask>.png and <id>.fov.png; with --weight-map <id>.weights.npy, a map");
  program.example("med-augment --count 10 --translate 100 --seed 1 --out work in.jsonl", "ten passes of a classifier");
  program.example("med-augment --count 8 --elastic 10 --border reflect --weight-map cells --out work in.jsonl",
                  "what a U-Net learns from");
  program.reference("Ronneberger, Fischer, Brox, U-Net, MICCAI 2015 (elastic deformation; weights, equation 2)");
  program.add("--count", p.count, "variants of each record", 1, 100'000);
  program.add("--seed", p.words.seed, "of what is drawn", 0, std::int64_t{1} << 53);
  program.add("--rotate", p.words.rotate, "degrees clockwise, of which one is drawn: 0, 90, 180, 270").called("N,...");
  program.add_words("--flip", p.words.flip, "left-right, top-bottom: each done or not").called("WAY,...");
  program.add("--translate", p.words.translate, "farthest shift along each axis: pixels, or a share of the side")
      .called("N|N%")
      .default_is("none");
  program.add_size("--crop", p.crop.width, p.crop.height, "a part of this size, pixels").default_is("all");
  program.add("--elastic", p.elastic.sigma, "standard deviation of the displacements of its nodes, pixels", 0, 10'000);
  program.add("--grid", p.elastic.grid, "nodes along each axis, from edge to edge", 2, 64);
  program.add("--contrast", p.words.contrast, "factor around the mean grey").called("LOW,HIGH").default_is("1,1");
  program.add("--saturation", p.words.saturation, "factor around grey").called("LOW,HIGH").default_is("1,1");
  program.add("--border", p.border, "where pixels move in").one_of({"zero", "edge", "reflect"});
  program.add("--new-source", p.new_source, "each variant is a source of its own, its truth in its pixels");
  program.add("--weight-map", p.weight_map, "make the map `weights` of this mask of the truth, for gaps of objects")
      .called("MASK")
      .default_is("none");
  program.add("--weight-w0", p.weights.w0, "weight in a gap of no width", 0, 1e6);
  program.add("--weight-sigma", p.weights.sigma, "reach of gaps, pixels", 0.01, 1000);
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p] {
    static_cast<augment_parameters&>(p) = with_words(p, p.words);
    p.outside = border_named(p.border);
    p.new_source = p.new_source || p.elastic.sigma > 0;
  });
  return cli::run(program, argc, argv,
                  cli::expand_verb{[&p](auto& r, auto& c, auto& take) { augment(r, p, c, take); }});
}
