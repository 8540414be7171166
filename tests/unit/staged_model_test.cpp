// SPDX-License-Identifier: Apache-2.0
// Systems of several networks: what is handed on, what is refused.
#include "medvision/system/staged_model.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "medvision/infer/card_stage.hpp"
#include "medvision/infer/model_card.hpp"
#include "medvision/infer/self_test.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/system/stages.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {
const std::string toy = MEDVISION_SOURCE "/weights/toy-system";

model_options options(std::vector<std::string> keep = {}, const std::string& over = "image") {
  model_options o;
  o.session.device = "cpu";
  o.keep = std::move(keep);
  o.over = over;
  return o;
}

/// A record of a grey picture of noise, in a folder.
record noisy(const scratch_folder& folder, int seed = 1) {
  cv::Mat picture(32, 48, CV_8U);
  cv::RNG(seed).fill(picture, cv::RNG::UNIFORM, 0, 256);
  const std::string path = folder.path("n" + std::to_string(seed) + ".pgm");
  write_image(path, picture);
  record r("n" + std::to_string(seed));
  r.set_image(path, {48, 32, 1, "u8"});
  return r;
}

case_in_hand ask(staged_model& model, record r) {
  case_in_hand item = model.prepare(r, {});
  case_in_hand* const items[] = {&item};
  model.forward(items);
  return item;
}

double at(const held_answer& a, std::size_t i) {
  return a.values.depth() == CV_64F ? a.values.ptr<double>()[i] : a.values.ptr<float>()[i];
}

/// The toy's card, or a part's, with `from` replaced, beside the same parts.
std::string changed(const scratch_folder& folder, const std::string& from, const std::string& to,
                    const std::string& card = "card.json") {
  if (!std::filesystem::exists(folder.path("local")))
    for (const char* part : {"global", "local", "fusion"})
      std::filesystem::copy(toy + "/" + part, folder.path(part), std::filesystem::copy_options::recursive);
  std::ifstream in(toy + "/" + card);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t found = text.find(from);
  REQUIRE(found != std::string::npos);
  return folder.put(card, text.replace(found, from.size(), to));
}

std::string refusal(const std::string& card, const model_options& o = options()) {
  return code_of([&] { const staged_model m(card, o); }, blame::request);
}
}  // namespace

TEST_CASE("on paper: what the system says follows from its parts' formulas, region by region") {
  const scratch_folder folder;
  const record r = noisy(folder);
  staged_model model(toy, options({"all"}));
  const case_in_hand item = ask(model, r);
  cv::Mat picture, mean, deviation;
  read_image(r.image()).convertTo(picture, CV_64F);
  cv::meanStdDev(picture, mean, deviation);
  picture = (picture - mean.at<double>(0)) / deviation.at<double>(0);

  const std::vector<roi> regions = item.known.rois();
  REQUIRE(regions.size() == 3);
  const held_answer& h = item.find({"h", "features", true});
  double weights[3], sum = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const cv::Mat patch = picture(*regions[k].window);
    double highest = 0;
    cv::minMaxLoc(patch, nullptr, &highest);
    CHECK(at(h, 2 * k) == doctest::Approx(cv::mean(patch)[0]).epsilon(1e-4));
    CHECK(at(h, 2 * k + 1) == doctest::Approx(highest).epsilon(1e-4));
    sum += weights[k] = std::exp(2 * at(h, 2 * k) - at(h, 2 * k + 1));
  }
  double z[2] = {0, 0};
  const held_answer& attention = item.find({"attention", "scores", true});
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(at(attention, k) == doctest::Approx(weights[k] / sum).epsilon(1e-5));
    for (std::size_t i = 0; i < 2; ++i) z[i] += weights[k] / sum * at(h, 2 * k + i);
  }
  const held_answer& g = item.find({"global_vec", "features"});
  const double logit = at(g, 0) - at(g, 1) + z[0] / 2 + z[1] / 4 + 0.125;
  const held_answer& fusion = item.find({"fusion", "scores"});
  CHECK(at(fusion, 0) == doctest::Approx(1 / (1 + std::exp(-logit))).epsilon(1e-5));
  const held_answer &pooled = item.find({"global", "scores"}), &both = item.find({"both", "scores"});
  CHECK(at(both, 1) == doctest::Approx((at(pooled, 1) + at(fusion, 1)) / 2));
}

TEST_CASE("property: cases together and cases alone get the same answers, and may be given again") {
  const scratch_folder folder;
  model_options o = options();
  o.session.batch = 4;
  staged_model model(toy, o);
  std::vector<case_in_hand> items;
  for (int seed = 1; seed <= 3; ++seed) {
    record r = noisy(folder, seed);
    items.push_back(model.prepare(r, {}));
  }
  std::vector<case_in_hand*> pointers;
  for (case_in_hand& i : items) pointers.push_back(&i);
  model.forward(pointers);
  for (int seed = 1; seed <= 3; ++seed) {
    const case_in_hand alone = ask(model, noisy(folder, seed)), &met = items[std::size_t(seed - 1)];
    CHECK(met.known.rois()[0].window == alone.known.rois()[0].window);
    for (std::size_t i = 0; i < 2; ++i)
      CHECK(at(met.find({"fusion", "scores"}), i) == doctest::Approx(at(alone.find({"fusion", "scores"}), i)));
  }
}

TEST_CASE("only what the card or the user keeps is held at the end, scores always") {
  const scratch_folder folder;
  staged_model model(toy, options());
  const case_in_hand item = ask(model, noisy(folder));
  CHECK(item.find({"final", "map"}).values.size[1] == 32);
  CHECK(code_of([&] { (void)item.find({"saliency", "map"}); }) == "E_RECORD");
  staged_model more(toy, options({"h"}));
  CHECK(ask(more, noisy(folder)).find({"h", "features", true}).values.size[0] == 3);
}

TEST_CASE("regions and features of a record: what is not there, and other counts, fail the record alone") {
  const scratch_folder folder;
  record r = noisy(folder);
  staged_model local(toy + "/local", options({}, "rois"));
  CHECK(code_of([&] { (void)local.prepare(r, {}); }, blame::item) == "E_RECORD");
  r.set_rois({{.box = {-3, -2, 8, 8}}, {.box = {30, 20, 8, 8}}});
  const case_in_hand two = ask(local, r);
  const held_answer& detail = two.find({"detail", "map", true});
  CHECK(detail.values.size[0] == 2);
  CHECK(detail.to_source[1] == frame{{2, 0, 30, 0, 2, 20}});
  // Beyond the corner the patch holds the least value of the whole standardised picture.
  CHECK(at(detail, 0) < 0);

  staged_model fusion(toy + "/fusion", options());
  CHECK(code_of([&] { (void)fusion.prepare(r, {}); }, blame::item) == "E_RECORD");
  write_tensor(folder.path("g.npy"), cv::Mat::ones(2, 1, CV_32F));
  write_tensor(folder.path("h.npy"), cv::Mat::ones(2, 2, CV_32F));
  r.set_feature("global_vec", {folder.path("g.npy"), {2, 1}});
  for (int k = 0; k < 2; ++k) r.set_roi_feature(std::size_t(k), "h", {folder.path("h.npy"), {2}, k});
  CHECK(code_of([&] { (void)ask(fusion, r); }, blame::item) == "E_SHAPE");
  r.set_roi_feature(1, "h", {folder.path("h.npy"), {3}, 1});
  CHECK(code_of([&] { (void)ask(fusion, r); }, blame::item) == "E_SHAPE");
}

TEST_CASE("cut_from source: patches come from the source picture, which is normalised as a whole") {
  const scratch_folder folder;
  staged_model local(changed(folder, R"("cut_from": "image")", R"("cut_from": "source")", "local/card.json"),
                     options({}, "rois"));
  record r = noisy(folder);
  const record source = r;
  r.meet_image({48, 32, 1, "u8"});
  write_image(folder.path("half.pgm"), cv::Mat(16, 24, CV_8U, cv::Scalar(7)));
  r.set_image(folder.path("half.pgm"), {24, 16, 1, "u8"}, {{2, 0, 0, 0, 2, 0}});
  r.set_rois({{.box = {20, 10, 8, 8}, .window = cv::Rect(10, 5, 4, 4), .window_frame = frame{{2, 0, 0, 0, 2, 0}}}});
  const case_in_hand met = ask(local, r);
  cv::Mat picture, mean, deviation;
  read_image(source.image()).convertTo(picture, CV_64F);
  cv::meanStdDev(picture, mean, deviation);
  double highest = 0;
  cv::minMaxLoc(picture({20, 10, 8, 8}), nullptr, &highest);
  CHECK(at(met.find({"h", "features", true}), 1) ==
        doctest::Approx((highest - mean.at<double>(0)) / deviation.at<double>(0)).epsilon(1e-5));
  CHECK(met.find({"detail", "map", true}).to_source[0] == frame{{2, 0, 20, 0, 2, 10}});
}

TEST_CASE("repeat-last: the last region again, and only those that are there get a score") {
  const scratch_folder folder;
  staged_model fusion(changed(folder, R"("pad": "error")", R"("pad": "repeat-last")", "fusion/card.json"), options());
  record r = noisy(folder);
  r.set_rois({{.box = {0, 0, 8, 8}}, {.box = {8, 0, 8, 8}}});
  write_tensor(folder.path("g.npy"), cv::Mat::zeros(2, 1, CV_32F));
  write_tensor(folder.path("h.npy"), cv::Mat::ones(2, 2, CV_32F));
  r.set_feature("global_vec", {folder.path("g.npy"), {2, 1}});
  for (int k = 0; k < 2; ++k) r.set_roi_feature(std::size_t(k), "h", {folder.path("h.npy"), {2}, k});
  const case_in_hand met = ask(fusion, r);
  const held_answer& attention = met.find({"attention", "scores", true});
  REQUIRE(attention.values.total() == 2);
  CHECK(at(attention, 0) == doctest::Approx(1.0 / 3));
}

TEST_CASE("scores may bear the name of the map they were pooled from, and come before it") {
  const scratch_folder folder;
  const std::string card = changed(folder, R"("percent": 25,
   "as": "global")",
                                   R"("percent": 25)");
  std::ifstream in(card);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::string used = R"("global",
    "fusion")";
  REQUIRE(text.find(used) != std::string::npos);
  folder.put("card.json", text.replace(text.find(used), used.size(), R"("saliency",
    "fusion")"));
  staged_model model(card, options({"all"}));
  const case_in_hand item = ask(model, noisy(folder));
  CHECK(item.made.front().kind == "scores");
  CHECK(item.made.back().kind != "scores");
  CHECK(item.find({"saliency", "scores"}).values.total() == 2);
  CHECK(item.find({"saliency", "map"}).values.size[0] == 2);
}

TEST_CASE("what is put into a record is found there again") {
  const scratch_folder folder;
  record r = noisy(folder);
  staged_model model(toy, options({"all"}));
  const case_in_hand item = ask(model, r);
  r.set_rois(item.known.rois());
  for (const held_answer& a : item.made) {
    const std::string path = folder.path(a.name + ".npy");
    if (a.kind != "scores") write_tensor(path, a.values);
    put(r, a, a.name, path);
    if (a.kind == "scores") continue;
    const held_answer again = read_held(r, {a.name, a.kind, a.of_regions}, {});
    CHECK(again.of_regions == a.of_regions);
    REQUIRE(again.values.total() == a.values.total());
    CHECK(std::equal(a.values.ptr<float>(), a.values.ptr<float>() + a.values.total(), again.values.ptr<float>()));
    CHECK(again.to_source == a.to_source);
  }
  CHECK(r.rois()[2].scores.at("attention") == at(item.find({"attention", "scores", true}), 2));
  CHECK(r.check().empty());
  CHECK(record::parse(r.dump()).dump() == r.dump());
}

TEST_CASE("cards whose stages do not follow from each other are the request's error") {
  const scratch_folder folder;
  CHECK(refusal(toy).empty());
  CHECK(refusal(changed(folder, R"("map": "saliency",
   "class")",
                        R"("map": "detail",
   "class")")) == "E_CARD");
  CHECK(refusal(changed(folder, R"("over": "rois")", R"("over": "image")")) == "E_CARD");
  CHECK(refusal(changed(folder, R"("as": "both")", R"("as": "fusion")")) == "E_CARD");
  CHECK(refusal(changed(folder, R"("of": [
    "global",)",
                        R"("of": [
    "z",)")) == "E_CARD");
  CHECK(refusal(changed(folder, R"("keep": [
  "final")",
                        R"("keep": [
  "z")")) == "E_CARD");
  CHECK(refusal(changed(folder, R"("card": "local")", R"("card": "nowhere")")) == "E_CARD");
  CHECK(refusal(changed(folder, R"("outside": "half")", R"("outside": "twice")")) == "E_CARD");
  CHECK(refusal(changed(folder, R"("run": "mean")", R"("run": "median")")) == "E_CARD");
  CHECK(refusal(changed(folder, R"("count": 3)", R"("count": 0)")) == "E_CARD");
  const std::string before_mean = R"({
   "run": "mean")";
  const auto upsampled = [&](const std::string& words) {
    return changed(folder, before_mean, R"({"run": "upsample", "map": "saliency", )" + words + "}, " + before_mean);
  };
  CHECK(refusal(upsampled(R"("as": "fine")")).empty());
  CHECK(refusal(upsampled(R"("as": "fine", "size": [96, 64], "interpolation": "cubic")")).empty());
  CHECK(refusal(upsampled(R"("as": "detail")")) == "E_CARD");
  CHECK(refusal(upsampled(R"("as": "fine", "size": [65536, 65536])")) == "E_CARD");
  CHECK(refusal(upsampled(R"("as": "fine", "interpolation": "lanczos")")) == "E_CARD");
  CHECK(refusal(upsampled(R"("as": "fine", "to": "source")")) == "E_CARD");
  CHECK(refusal(changed(folder, R"("stages")", R"("onnx": "x.onnx", "stages")")) == "E_CARD");
}

TEST_CASE("options that do not go with the card are the request's error") {
  CHECK(refusal(toy, options({"z"})) == "E_OPTION");
  CHECK(refusal(toy, options({}, "rois")) == "E_OPTION");
  CHECK(refusal(toy + "/local", options()) == "E_OPTION");
  CHECK(refusal(toy + "/global", options({}, "rois")) == "E_OPTION");
  CHECK(refusal(toy + "/global", options({"saliency"})) == "E_OPTION");
  model_options o = options();
  o.session.tta = "flips";
  CHECK(refusal(toy, o) == "E_OPTION");
  CHECK(refusal(toy + "/fusion", o) == "E_OPTION");
}

TEST_CASE("the self-test of a system is that of its parts") {
  const auto [text, passed] = run_self_test(toy, "cpu");
  CHECK(passed);
  for (const char* part : {"toy-global", "toy-local", "toy-fusion"}) CHECK(text.find(part) != std::string::npos);
  const model_card card = load_card(toy);
  REQUIRE(card.stages.size() == 7);
  CHECK(card.stages[2].count == 3);
  CHECK(parts_of(card) == std::vector<std::string>{"global", "local", "fusion"});
}

TEST_CASE("on paper: a gate weighs each class's cells by the softmax of its own, and says their sums") {
  const auto row = [](const std::string& name, float a, float b) {
    const int shape[] = {1, 1, 2};
    cv::Mat m(3, shape, CV_32F);
    m.ptr<float>()[0] = a;
    m.ptr<float>()[1] = b;
    return held_answer{name, "map", {"lesion"}, false, m, {frame{{2, 0, 0, 0, 2, 0}}}, {}};
  };
  case_in_hand item{record("a"), {}, {}, {}, {row("s", 2, 4), row("g", 0, std::log(3.0F))}, false, {}};
  card_stage gate{.run = "gate"};
  gate.scores = "s";
  gate.gates = "g";
  gate.as = "gated";
  run_stage(gate, item);
  CHECK(at(item.find({"gated", "map"}), 0) == doctest::Approx(0.5));
  CHECK(at(item.find({"gated", "map"}), 1) == doctest::Approx(3));
  CHECK(item.find({"gated", "map"}).to_source[0] == frame{{2, 0, 0, 0, 2, 0}});
  CHECK(at(item.find({"gated", "scores"}), 0) == doctest::Approx(3.5));
  gate.gates = "none";
  CHECK(code_of([&] { run_stage(gate, item); }) == "E_RECORD");
}

TEST_CASE("on paper: a map is put on so many pixels over the picture, and its frame says so") {
  const int shape[] = {2, 1, 2};
  cv::Mat m(3, shape, CV_32F);
  std::iota(m.ptr<float>(), m.ptr<float>() + 4, 0.F);  // 0 1, and 2 3
  const held_answer map{"m", "map", {"a", "b"}, false, m, {frame{{6, 0, 1, 0, 6, 2}}}, 0.25};
  record r("a");
  r.set_image("a.png", {4, 2, 1, "u8"}, {{3, 0, 1, 0, 3, 2}});  // the map covers the picture
  case_in_hand item{r, {}, {}, {}, {map}, false, {}};
  card_stage upsample{.run = "upsample"};
  upsample.map = "m";
  upsample.as = "own";
  run_stage(upsample, item);
  const held_answer& own = item.find({"own", "map"});
  CHECK(own.values.size[1] == 2);
  CHECK(own.to_source[0] == r.frame());
  CHECK(own.classes == map.classes);
  CHECK(own.threshold == map.threshold);
  const float expected[] = {0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1, 2, 2.25, 2.75, 3, 2, 2.25, 2.75, 3};
  for (std::size_t i = 0; i < 16; ++i) CHECK(at(own, i) == doctest::Approx(expected[i]));
  upsample.size = {8, 1};
  upsample.interpolation = "nearest";
  upsample.as = "wide";
  run_stage(upsample, item);
  const held_answer& wide = item.find({"wide", "map"});
  CHECK(wide.to_source[0] == frame{{1.5, 0, 1, 0, 6, 2}});
  for (std::size_t i = 0; i < 16; ++i) CHECK(at(wide, i) == float(i / 4));
  item.known = record("no size");
  CHECK(code_of([&] { run_stage(upsample, item); }) == "E_RECORD");
}
