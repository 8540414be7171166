// SPDX-License-Identifier: Apache-2.0
// med-infer: pictures through a network, as its card says, or through a system of several; any number of outputs.
#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/infer/device.hpp"
#include "medvision/infer/self_test.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/system/model_lanes.hpp"

using namespace medvision;

namespace {

struct infer_parameters {
  std::string card;
  model_options model;
  int networks = 1;
  image_limits limits;
};

void finish(record& r, cli::context& c, const case_in_hand& item) {
  for (const std::string& sentence : item.warnings) c.warn(r, sentence);
  if (item.chose_regions) r.set_rois(item.known.rois());
  for (const held_answer& a : item.made) {
    if (a.kind == "scores") {
      put(r, a, c.output_name(r, a.name), "");
      continue;
    }
    const std::string name = c.output_name(r, a.name), path = c.product(r, name, "npy");
    write_tensor(path, a.values);
    put(r, a, name, path);
  }
}

}  // namespace

int main(int argc, char** argv) {
  infer_parameters p;
  std::optional<model_lanes> model;
  cli::command program("med-infer", "run pictures through a network by its card");
  program.describe(
      "The card says what the network was trained on; a model of another SHA-256 is refused. A card may take pictures, "
      "the regions of a record (--over rois: cut from the picture after the whole of it was normalised, all of a "
      "record in one pass), or features that earlier networks wrote. The card of a system runs its stages in one "
      "process: the numbers are those of the single programs, and of maps and features only what the card or --keep "
      "says is written.");
  program.reads("records with an image, with regions, or with features; as the card says");
  program.writes("maps and features as <id>.<output>.npy, scores into the record; of regions one file for all of them");
  program.example("med-infer weights/vessel-unet --out work clahe.jsonl > maps.jsonl", "vessel maps of all pictures");
  program.example("med-infer local --over rois --out work rois.jsonl > h.jsonl", "features of each region");
  program.example("med-infer --self-test weights/toy", "does this OpenCV compute the published function?");
  program.reference("Ronneberger, Fischer, Brox: U-Net, MICCAI 2015 (tiles)");
  program.reference("Shen et al., GMIC, Med. Image Anal. 68, 2021 (a system of three networks)");
  program.positional("CARD", p.card, "a model's card.json, or its folder");
  session_options& session = p.model.session;
  program.add("--device", session.device, "auto, cpu, cuda[:N,...] or cuda-fp16[:N,...]").called("DEVICE");
  const cli::option& batch =
      program
          .add("--batch", session.batch,
               "pictures of one size a pass, gathered from the stream; of regions, all of a record", 1, 4096)
          .without_effect_on_results();
  program.add("--networks", p.networks, "of each device, each with a thread and the weights of its own", 1, 16)
      .without_effect_on_results();
  program.add("--over", p.model.over, "what goes through the network").one_of({"image", "rois"});
  program.add("--tile", session.tile, "of larger pictures: card, none, WxH or N pixels").called("TILE");
  program.add("--overlap", session.overlap, "of tiles, pixels; -1: the card's, or a quarter of --tile", -1, 65535);
  program.add("--tta", session.tta, "mean over turned pictures").one_of({"none", "flips", "dihedral"});
  program.add_words("--keep", p.model.keep, "of a system: write these maps and features too")
      .called("NAME,...|all")
      .default_is("the card's");
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out();
  program.instead("--self-test", "known answers", [&] { return run_self_test(p.card, session.device); });
  program.instead("--devices", "say what this build and this machine have", report_devices, true);
  program.before([&] {
    if (batch.given) p.model.regions = session.batch;
    model.emplace(p.card, p.model, p.networks);
    for (const auto& [name, value] : model->identity()) program.depends_on(name, value);
  });
  return cli::run(program, argc, argv,
                  cli::staged<case_in_hand>(
                      [&](record& r, cli::context&) { return model->prepare(r, p.limits); },
                      [&](std::span<case_in_hand*> items, int lane) { model->forward(items, lane); },
                      [&](record& r, cli::context& c, case_in_hand& i) { finish(r, c, i); }, model_lanes::kind,
                      [&] {
                        return cli::passing{model->count(), session.batch};
                      }));
}
