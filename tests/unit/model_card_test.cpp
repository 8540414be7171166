// SPDX-License-Identifier: Apache-2.0
// Cards that are right, every way in which one can be wrong, and the model's checksum.
#include "medvision/infer/model_card.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "medvision/error.hpp"
#include "medvision/infer/card.hpp"

using namespace medvision;

namespace {
const std::string weights = MEDVISION_SOURCE "/weights/";

const std::string good =
    R"({"name":"m","version":"1","onnx":"m.onnx","sha256":")" + std::string(64, 'a') +
    R"(","source":"here","licence":"L","citation":"","notice":"Not for clinical use.",)"
    R"("inputs":[{"name":"image","from":"image","any":true,"multiple":16,"channels":1,"order":"gray","scale":0.5}],)"
    R"("outputs":[{"name":"vessel","kind":"map","classes":["vessel"],"activation":"sigmoid"}],)"
    R"("tile":{"size":[64,48],"overlap":8,"margin":4,"pad":"zero","blend":"mean"},)"
    R"("threshold":{"vessel":{"value":0.4,"chosen":"on the training pictures"}},)"
    R"("precision":{"cpu":{"tolerance":0.001},"cuda":{"tolerance":0.01,"layers_on_cpu":2},"cuda-fp16":null},)"
    R"("self_test":{"input":{"recipe":"ramp","width":32,"height":16},"tolerance":0.01,)"
    R"("expect":{"vessel":{"shape":[1,16,32],"samples":[[0,1,2,0.25]],"mean":0.5}}}})";

std::string changed(const std::string& from, const std::string& to) {
  const auto at = good.find(from);
  REQUIRE(at != std::string::npos);
  return std::string(good).replace(at, from.size(), to);
}
std::string refusal(const std::string& text) {
  try {
    parse_card(text, "c.json");
  } catch (const error& e) {
    CHECK(e.code() == "E_CARD");
    CHECK(e.who() == blame::request);
    return e.what();
  }
  return "";
}
/// A folder that is gone at the end.
struct folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("card_test." + std::to_string(getpid()));
  folder() { std::filesystem::create_directories(path); }
  ~folder() { std::filesystem::remove_all(path); }
  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(path / name, std::ios::binary) << bytes;
  }
};
std::string code_of(const std::string& card) {
  try {
    read_model(load_card(card));
  } catch (const error& e) {
    CHECK(e.who() == blame::request);
    return e.code();
  }
  return "";
}
}  // namespace

TEST_CASE("every member of a card arrives") {
  const model_card c = parse_card(good, "c.json");
  CHECK(c.name == "m");
  CHECK(c.path == "c.json");
  CHECK(c.card_sha256 == sha256(good));
  REQUIRE(c.inputs.size() == 1);
  CHECK(c.inputs[0].multiple == 16);
  CHECK(c.inputs[0].scale == 0.5);
  CHECK(c.inputs[0].size == cv::Size());
  CHECK(c.inputs[0].pad == padding::mirror);
  REQUIRE(c.outputs.size() == 1);
  CHECK(c.outputs[0].classes == std::vector<std::string>{"vessel"});
  REQUIRE(c.tile);
  CHECK(c.tile->size == cv::Size(64, 48));
  CHECK(c.tile->mean);
  CHECK(c.tile->pad == padding::zero);
  CHECK(c.thresholds.at("vessel").value == 0.4);
  CHECK(c.tolerances.at("cpu") == 0.001);
  CHECK(c.layers_on_cpu.at("cuda") == 2);
  CHECK_FALSE(c.tolerances.contains("cuda-fp16"));
  REQUIRE(c.self_test);
  CHECK(c.self_test->expect.at("vessel").samples[0].second == 0.25);
}

TEST_CASE("a wrong member is refused by name, with what was met and what was expected") {
  const struct {
    const char *from, *to, *says;
  } cases[] = {{R"("name":"m")", R"("name":"")", "card.name"},
               {R"("name":"m")", R"("name":"../m")", "card.name"},
               {R"("sha256":"a)", R"("sha256":"A)", "sha256"},
               {R"("version":"1",)", "", "card.version is missing"},
               {R"("channels":1)", R"("channels":2)", "inputs[0].channels is 2, expected 1 or 3"},
               {R"("order":"gray")", R"("order":"rgb")", "inputs[0].order is \"rgb\", expected gray"},
               {R"("multiple":16)", R"("multiple":0)", "inputs[0].multiple is 0"},
               {R"("multiple":16)", R"("multiple":"16")", "inputs[0].multiple"},
               {R"("any":true)", R"("any":true,"size":[8,8])", "beside `size`"},
               {R"("any":true,"multiple":16)", R"("any":false)", "says no size"},
               {R"("scale":0.5)", R"("scale":0)", "inputs[0].scale is 0"},
               {R"("scale":0.5)", R"("std":[0])", "inputs[0].std"},
               {R"("scale":0.5)", R"("mean":[1,2])", "inputs[0].mean"},
               {R"("scale":0.5)", R"("fov_with":608)", "inputs[0].fov_with is no member"},
               {R"("from":"image")", R"("from":"picture")", "inputs[0].from"},
               {R"("kind":"map")", R"("kind":"mask")", "one of map, features, scores"},
               {R"("classes":["vessel"])", R"("classes":[])", "outputs[0].classes is missing or empty"},
               {R"("classes":["vessel"])", R"("classes":["a","a"])", "names that differ"},
               {R"("classes":["vessel"])", R"("classes":["a"],"over":"rois")", "outputs[0].over is \"rois\""},
               {R"("from":"image")", R"("from":"roi")", "patch is missing"},
               {R"("from":"image")", R"("from":"roi","fov_width":9)", "no `fov_width` of regions"},
               {R"("from":"image")", R"("from":"features.")", "inputs[0].from"},
               {R"("from":"image")", R"("from":"features.h")", "inputs[0].any is no member"},
               {R"("from":"image","any":true,"multiple":16,"channels":1,"order":"gray","scale":0.5)",
                R"("from":"rois.features.h")", "inputs[0].size is missing"},
               {R"("from":"image","any":true,"multiple":16,"channels":1,"order":"gray","scale":0.5)",
                R"("from":"features.h","pad":"error")", "inputs[0].pad is \"error\""},
               {R"("inputs":[)", R"("inputs":[{"name":"h","from":"features.h"},)", "the only one then"},
               {R"("tile":{)", R"("patch":{"size":[8,8]},"tile":{)", "patch is given"},
               {R"("tile":{)", R"("stages":[],"tile":{)", "nothing beside `stages`"},
               {R"("size":[64,48])", R"("size":[64])", "tile.size"},
               {R"("size":[64,48])", R"("size":[64,-48])", "tile.size"},
               {R"("overlap":8)", R"("overlap":40)", "tile.overlap is 40, expected a whole number from 0 to 39"},
               {R"("margin":4)", R"("margin":24)", "tile.margin"},
               {R"("threshold":{"vessel")", R"("threshold":{"artery")", "no output"},
               {R"("chosen":"on the training pictures")", R"("x":1)", "threshold.vessel.chosen is missing"},
               {R"("tolerance":0.001)", R"("tolerance":-1)", "precision.cpu.tolerance"},
               {R"("layers_on_cpu":2)", R"("layers_on_cpu":-1)", "precision.cuda.layers_on_cpu"},
               {R"("layers_on_cpu":2)", R"("layers":2)", "precision.cuda.layers"},
               {R"("recipe":"ramp")", R"("recipe":"noise")", "recipe"},
               {R"([0,1,2,0.25])", R"([0,16,2,0.25])", "indices inside the shape"},
               {R"([0,1,2,0.25])", R"([0,1,0.25])", "3 indices and a value"},
               {R"("expect":{"vessel")", R"("expect":{"other")", "self_test.expect.vessel is missing"}};
  for (const auto& c : cases) {
    CAPTURE(c.to);
    const std::string sentence = refusal(changed(c.from, c.to));
    CAPTURE(sentence);
    CHECK(sentence.find(c.says) != std::string::npos);
    CHECK(sentence.rfind("c.json: ", 0) == 0);
  }
}

TEST_CASE("what is no card is refused: other JSON, no JSON, cuts, deep nesting, a large file") {
  for (const char* text : {"", "[]", "{}", "3", "null", "not JSON", "{\"name\":1e999}"})
    CHECK_FALSE(refusal(text).empty());
  for (std::size_t n = 0; n + 1 < good.size(); n += 7) CHECK_FALSE(refusal(good.substr(0, n)).empty());
  CHECK_FALSE(refusal(std::string(100000, '[')).empty());
  CHECK(refusal(std::string(2 << 20, ' ')).find("bytes") != std::string::npos);
}

TEST_CASE("every card in weights/ is one, and says that it is not for clinical use") {
  int found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(weights)) {
    if (!std::filesystem::exists(entry.path() / "card.json")) continue;
    ++found;
    const model_card c = load_card(entry.path().string());
    CAPTURE(c.path);
    CHECK(c.notice.find("ot for clinical use") != std::string::npos);
    if (!c.stages.empty()) {
      for (const std::string& part : parts_of(c)) CHECK(load_card(part_path(c, part)).stages.empty());
      continue;
    }
    CHECK(c.self_test.has_value());
    CHECK(c.tolerances.contains("cpu"));
  }
  CHECK(found > 0);
}

TEST_CASE("a region is cut and features are stacked as the card says") {
  const std::string ports = R"("from":"image","any":true,"multiple":16,"channels":1,"order":"gray","scale":0.5)";
  std::string text = changed(ports, R"("from":"roi","size":[8,8])");
  text.replace(text.find(R"("tile")"), 0, R"("patch":{"size":[9,7],"border":"shift","cut_from":"source"},)");
  const model_card regions = parse_card(text, "c.json");
  CHECK(regions.takes_regions());
  CHECK(regions.patch->size == cv::Size(9, 7));
  CHECK(regions.patch->border == "shift");
  CHECK(regions.patch->from_source);
  const model_card stacked =
      parse_card(changed(ports, R"("from":"rois.features.h","size":[5,3],"pad":"repeat-last")"), "c.json");
  CHECK(stacked.takes_features());
  CHECK(stacked.inputs[0].feature() == "h");
  CHECK(stacked.inputs[0].of_regions());
  CHECK(stacked.inputs[0].repeat_last);
  const model_card single = parse_card(changed(ports, R"("from":"features.h")"), "c.json");
  CHECK(single.inputs[0].feature() == "h");
  CHECK_FALSE(single.inputs[0].of_regions());
}

TEST_CASE("a model runs only with the card's checksum, taken of the bytes that are parsed") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256(read_model(load_card(weights + "toy"))) == load_card(weights + "toy").sha256);
  const folder f;
  const std::string card = (f.path / "card.json").string();
  CHECK(code_of(card) == "E_CARD");
  f.put("card.json", changed(std::string(64, 'a'), sha256("the model")));
  CHECK(code_of(card) == "E_MODEL");
  f.put("m.onnx", "the model");
  CHECK(code_of(card).empty());
  CHECK(code_of(f.path.string()).empty());
  f.put("m.onnx", "the model, changed");
  CHECK(code_of(card) == "E_CHECKSUM");
  f.put("m.onnx", "");
  CHECK(code_of(card) == "E_CHECKSUM");
  std::filesystem::remove(f.path / "m.onnx");
  std::filesystem::create_directory(f.path / "m.onnx");
  CHECK(code_of(card) == "E_MODEL");
}

TEST_CASE("the schema is the published file, and names every member that is read") {
  std::ifstream file(MEDVISION_SOURCE "/libmedvision/medvision/infer/card.schema.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK(card_schema() == text);
  for (const char* member :
       {"fov_width", "standardize", "multiple", "margin", "blend", "activation", "cuda-fp16", "recipe", "chosen"})
    CHECK(text.find('"' + std::string(member) + '"') != std::string::npos);
}
