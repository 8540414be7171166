// SPDX-License-Identifier: Apache-2.0
// med-infer: pictures through a network, as its card says; any number of outputs.
#include <opencv2/imgproc.hpp>

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/infer/device.hpp"
#include "medvision/infer/self_test.hpp"
#include "medvision/infer/session.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/tensor_file.hpp"

using namespace medvision;

namespace {

struct infer_parameters {
  std::string card, over = "image";
  session_options session;
  image_limits limits;
};

/// Of the field of view, in current pixels; from its mask where the record does not say.
std::optional<cv::Rect2d> field_box(const record& r, const image_limits& limits) {
  const auto fov = r.fov();
  if (!fov) return std::nullopt;
  const frame to_current = invert(r.frame());
  if (fov->box) return map_box(to_current, *fov->box);
  return map_box(compose(to_current, fov->to_source), cv::boundingRect(read_mask(fov->path, limits, fov->size)));
}

inference prepare(record& r, const session& model, const image_limits& limits) {
  const cv::Mat picture = read_image(r.image(), limits);
  r.meet_image({picture.cols, picture.rows, picture.channels(), depth_name(picture.depth())});
  return model.prepare(picture, model.wants_field() ? field_box(r, limits) : std::nullopt);
}

void finish(record& r, cli::context& c, const inference& item) {
  for (const std::string& name : item.left_out) c.warn(r, name + " is no map: left out where tiles are taken");
  for (const network_output& o : item.outputs) {
    const std::string name = c.output_name(r, o.name);
    const std::vector<int> shape(o.values.size.p, o.values.size.p + o.values.dims);
    if (o.kind == "scores") {
      for (int k = 0; k < shape[0]; ++k)
        r.set_score(shape[0] == 1 ? name : name + "." + o.classes[std::size_t(k)], o.values.ptr<float>()[k]);
      continue;
    }
    const std::string path = c.product(r, name, "npy");
    write_tensor(path, o.values);
    if (o.kind == "features")
      r.set_feature(name, {path, shape});
    else
      r.set_map(name, {path, {shape[0], shape[1], shape[2]}, o.classes, compose(r.frame(), o.to_picture), o.threshold});
  }
}

}  // namespace

int main(int argc, char** argv) {
  infer_parameters p;
  std::optional<session> model;
  cli::command program("med-infer", "run pictures through a network by its card");
  program.describe("The card says what the network was trained on; a model of another SHA-256 is refused.");
  program.reads("records with an image").writes("maps and features as <id>.<output>.npy, scores into the record");
  program.example("med-infer weights/vessel-unet --out work clahe.jsonl > maps.jsonl", "vessel maps of all pictures");
  program.example("med-infer --self-test weights/toy", "does this OpenCV compute the published function?");
  program.reference("Ronneberger, Fischer, Brox: U-Net, MICCAI 2015 (tiles)");
  program.positional("CARD", p.card, "a model's card.json, or its folder");
  program.add("--device", p.session.device, "auto, cpu, cuda[:N] or cuda-fp16[:N]").called("DEVICE");
  program.add("--batch", p.session.batch, "pictures of one size a pass", 1, 4096).without_effect_on_results();
  program.add("--over", p.over, "what goes through the network").one_of({"image", "rois"});
  program.add("--tile", p.session.tile, "of larger pictures: card, none, WxH or N pixels").called("TILE");
  program.add("--overlap", p.session.overlap, "of tiles, pixels; -1: the card's, or a quarter of --tile", -1, 65535);
  program.add("--tta", p.session.tta, "mean over turned pictures").one_of({"none", "flips", "dihedral"});
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out();
  program.instead("--self-test", "known answers", [&] { return run_self_test(p.card, p.session.device); });
  program.instead("--devices", "say what this build and this machine have", report_devices, true);
  program.before([&] {
    if (p.over == "rois") throw error("E_OPTION", "--over rois is not there yet: use med-patch", blame::request);
    model.emplace(p.card, p.session);
    for (const auto& [name, value] : model->identity()) program.depends_on(name, value);
  });
  return cli::run(program, argc, argv,
                  cli::staged<inference>([&](record& r, cli::context&) { return prepare(r, *model, p.limits); },
                                         [&](std::span<inference*> items) { model->forward(items); },
                                         [&](record& r, cli::context& c, inference& item) { finish(r, c, item); },
                                         p.session.batch));
}
