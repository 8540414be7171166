// SPDX-License-Identifier: Apache-2.0
// med-clahe: the contrast chain, each step on request.
#include "cli/runtime/run.hpp"
#include "medvision/enhance/contrast.hpp"
#include "medvision/io/atomic_file.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/patch/sample.hpp"
#include "medvision/record/given_file.hpp"

using namespace medvision;

namespace {

struct clahe_options {
  std::string gray, standardize = "none";
  contrast_parameters chain;
  image_limits limits;
};

void enhance(record& r, const clahe_options& p, cli::context& c) {
  cv::Mat image = read_image(r.image(), p.limits), inside;
  r.meet_image({image.cols, image.rows, image.channels(), depth_name(image.depth())});
  if (is_constant(image)) c.warn(r, "all pixels of the picture are equal, and so are those of the result");
  if (const auto fov = r.fov(); fov && p.chain.local_mean.sigma != 0)
    inside = place_mask(read_mask(fov->path, p.limits, fov->size), fov->to_source, image.size(), r.frame());
  const cv::Mat out = enhance_contrast(std::move(image), p.chain, inside);
  const std::string path = c.picture(r, "clahe");
  write_image(path, out);
  r.set_image(path, {out.cols, out.rows, out.channels(), depth_name(out.depth())});
}

}  // namespace

int main(int argc, char** argv) {
  clahe_options p;
  cli::command program("med-clahe", "grey, standardise, CLAHE, gamma, local mean: the contrast chain");
  program.describe(
      "The steps are done in the order of this list, each on request except CLAHE, which --clip-limit 0 turns off; 8 "
      "bit stays 8 bit and 16 bit stays 16 bit. Colour without --gray stays colour: CLAHE then works on the L of CIE "
      "Lab, the other steps on all channels alike. A constant picture gives a constant result and a warning.");
  program.reads("records with an image of 8 or 16 bit").writes("the picture as <id>.clahe.png");
  program.example("med-clahe --gray green --out work in.jsonl", "what vessel networks are given");
  program.example("med-clahe --gray 0.299,0.587,0.114 --standardize minmax --gamma 1.2 --out work in.jsonl",
                  "the preprocessing of retina-unet, bit for bit");
  program.reference("Zuiderveld, Contrast limited adaptive histogram equalization, Graphics Gems IV, 1994");
  program.reference("B. Graham, Kaggle Diabetic Retinopathy Detection competition report, 2015 (local mean)");
  program.add("--gray", p.gray, "one channel: green alone, or a weighted sum, rounded unless a step follows")
      .called("R,G,B|green");
  program
      .add(
          "--standardize", p.standardize,
          "stretch from 0 to the full range, whatever the statistics, which the stretch cancels. As the last step into "
          "npy or tiff: unrounded 32-bit numbers, for image and MEAN,STD (or a FILE that holds them) z-scores")
      .called("minmax|image|MEAN,STD|FILE");
  program.add("--clip-limit", p.chain.clahe.clip_limit,
              "CLAHE: a histogram bin holds at most this many times its even share; 0: no CLAHE", 0, 1000);
  program.add_size("--tiles", p.chain.clahe.columns, p.chain.clahe.rows, "CLAHE: tiles across and down");
  program.add("--gamma", p.chain.gamma, "above 1 lifts the darks; 1: no gamma", 0.05, 20);
  program
      .add("--local-mean", p.chain.local_mean.sigma,
           "subtract the Gaussian mean of this sigma in pixels, times 4 around the middle value, inside the field of "
           "view where the record has one; 0: no local mean",
           0, 10'000)
      .called("SIGMA");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p, &program] {
    if (!p.gray.empty()) parse_gray(p.gray, p.chain);
    std::string statistics = p.standardize;
    if (statistics != "image" && statistics != "minmax" && statistics != "none" && exists(statistics)) {
      statistics = read_given(statistics, 4096);
      program.depends_on("statistics", statistics);
    }
    p.chain.standardize = parse_standardization(statistics);
    p.chain.real_values = program.common.format == "npy" || program.common.format == "tiff";
    check_contrast_parameters(p.chain);
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { enhance(r, p, c); }});
}
