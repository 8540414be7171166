// SPDX-License-Identifier: Apache-2.0
// Pictures through cards: sizes, frames, batches, tiles, symmetries.
#include "medvision/infer/session.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/infer/model_card.hpp"
#include "medvision/infer/passes.hpp"
#include "onnx_writer.hpp"

using namespace medvision;
using namespace onnx_writer;

namespace {
const std::string toy = MEDVISION_SOURCE "/weights/toy";

/// A folder with a card and its model, gone at the end.
struct model_folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("session_test." + std::to_string(getpid()));
  model_folder(const std::string& onnx, const std::string& input, const std::string& more = "") {
    std::filesystem::create_directories(path);
    std::ofstream(path / "m.onnx", std::ios::binary) << onnx;
    std::ofstream(path / "card.json")
        << R"({"name":"m","version":"1","onnx":"m.onnx","sha256":")" << sha256(onnx)
        << R"(","source":"a test","licence":"L",)"
        << R"("citation":"","notice":"Not for clinical use.","inputs":[{"name":"image",)" << input
        << R"(}],"outputs":[{"name":"map","kind":"map","classes":["a"]}],"precision":{"cpu":{"tolerance":1e-5}})"
        << more << "}";
  }
  ~model_folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string card() const { return path.string(); }
};
const std::string any_size = R"("from":"image","any":true)";
const std::vector<float> even{1, 2, 1, 2, 4, 2, 1, 2, 1}, odd{1, 0, -1, 2, 0, -2, 1, 0, -1};

cv::Mat noise(int rows, int columns, int seed = 1) {
  cv::Mat m(rows, columns, CV_8U);
  cv::RNG(seed).fill(m, cv::RNG::UNIFORM, 0, 256);
  return m;
}
session_options cpu(int batch = 1) {
  session_options o;
  o.device = "cpu";
  o.batch = batch;
  return o;
}
inference ask(session& s, const cv::Mat& picture, std::optional<cv::Rect2d> field = {}) {
  inference item = s.prepare(picture, field);
  inference* const items[] = {&item};
  s.forward(items);
  return item;
}
const cv::Mat& values(const inference& i, const std::string& name) {
  for (const network_output& o : i.outputs)
    if (o.name == name) return o.values;
  throw std::runtime_error("no output " + name);
}
double apart(const cv::Mat& a, const cv::Mat& b) {
  REQUIRE(a.total() == b.total());
  double most = 0;
  for (std::size_t i = 0; i < a.total(); ++i)
    most = std::max(most, double(std::abs(a.ptr<float>()[i] - b.ptr<float>()[i])));
  return most;
}
std::string code_of(const std::string& card, const session_options& o) {
  try {
    session s(card, o);
  } catch (const error& e) {
    CHECK(e.who() == blame::request);
    return e.code();
  }
  return "";
}
}  // namespace

TEST_CASE("on paper: the toy network on one value, away from the border, and its four outputs' shapes and frames") {
  session s(toy, cpu());
  const inference i = ask(s, cv::Mat(30, 41, CV_8U, cv::Scalar(102)));
  REQUIRE(i.outputs.size() == 4);
  const network_output &edge = i.outputs[0], &coarse = i.outputs[1];
  CHECK(edge.values.size[1] == 30);
  CHECK(edge.values.size[2] == 41);
  CHECK(edge.values.ptr<float>(0, 15)[20] == doctest::Approx(0.1192).epsilon(1e-3));
  CHECK(edge.to_picture == frame{});
  CHECK(coarse.values.size[1] == 8);
  CHECK(coarse.values.size[2] == 11);
  CHECK(coarse.values.ptr<float>(0, 3)[5] == doctest::Approx(0.4));
  CHECK(coarse.to_picture == frame{{4, 0, 0, 0, 4, 0}});
  CHECK(values(i, "features").total() == 3);
  CHECK(values(i, "scores").total() == 3);
  CHECK(i.left_out.empty());
  CHECK(i.values.empty());
}

TEST_CASE("property: an answer is the same alone and in any batch, among neighbours of other sizes") {
  session one(toy, cpu(1)), four(toy, cpu(4));
  std::vector<inference> items;
  for (int k = 0; k < 9; ++k) items.push_back(four.prepare(noise(k % 3 == 0 ? 20 : 32, 40, k)));
  std::vector<inference*> pointers;
  for (inference& i : items) pointers.push_back(&i);
  four.forward(pointers);
  for (int k = 0; k < 9; ++k) {
    const inference alone = ask(one, noise(k % 3 == 0 ? 20 : 32, 40, k));
    for (const char* name : {"edge", "coarse", "features", "scores"})
      CHECK(apart(values(alone, name), values(items[std::size_t(k)], name)) <= 1e-6);
  }
}

TEST_CASE("property: a batch that is filled up gives the answers of one that is not") {
  session_options o = cpu(4);
  session plain(toy, o);
  o.full_batches = true;
  session full(toy, o);
  for (const int count : {1, 3, 4, 6}) {
    std::vector<inference> items;
    for (int k = 0; k < count; ++k) items.push_back(full.prepare(noise(32, 40, k)));
    std::vector<inference*> pointers;
    for (inference& i : items) pointers.push_back(&i);
    full.forward(pointers);
    for (int k = 0; k < count; ++k) {
      const inference alone = ask(plain, noise(32, 40, k));
      for (const char* name : {"edge", "coarse", "features", "scores"})
        CHECK(apart(values(alone, name), values(items[std::size_t(k)], name)) == 0);
    }
  }
}

TEST_CASE("a batch that is filled up costs a picture in tiles no more passes") {
  const cv::Mat picture = noise(300, 300);
  const auto seconds = [&](int batch, bool full) {
    session_options o = cpu(batch);
    o.tile = "64";
    o.full_batches = full;
    session s(toy, o);
    ask(s, picture);
    double least = 1e9;
    for (int i = 0; i < 5; ++i) {
      const auto began = std::chrono::steady_clock::now();
      ask(s, picture);
      least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    }
    return least;
  };
  CHECK(seconds(8, true) < 4 * seconds(1, false));  // eight times, were the picture filled up and not its tiles
}

TEST_CASE("property: tiles give the whole picture's maps, and outputs that are no maps are left out by name") {
  // From 4.7 on OpenCV's convolutions are Winograd's, whose rounding depends on where a tile begins: whole and tiled
  // are each within the card's 1e-5 of the exact values.
  constexpr double allowed = CV_VERSION_MAJOR == 4 && CV_VERSION_MINOR < 7 ? 1e-5 : 2e-5;
  session whole(toy, cpu());
  const cv::Mat picture = noise(150, 203);
  const inference expected = ask(whole, picture);
  for (const char* size : {"64", "32x48", "160x20"})
    for (const int batch : {1, 5}) {
      session_options o = cpu(batch);
      o.tile = size;
      o.overlap = 8;
      session tiled(toy, o);
      const inference met = ask(tiled, picture);
      CAPTURE(size);
      REQUIRE(met.outputs.size() == 2);
      CHECK(met.left_out == std::vector<std::string>{"features", "scores"});
      CHECK(apart(values(met, "edge"), values(expected, "edge")) <= allowed);
      CHECK(apart(values(met, "coarse"), values(expected, "coarse")) <= allowed);
      CHECK(met.outputs[1].to_picture == expected.outputs[1].to_picture);
    }
}

TEST_CASE("--tta: an even filter is not changed, an odd one cancels, and a turned picture gets the turned map") {
  const cv::Mat picture = noise(21, 34);
  {
    const model_folder f(convolution(even, 3, 1), any_size + R"(,"multiple":4,"pad":"zero")");
    session_options o = cpu();
    session plain(f.card(), o);
    o.tta = "dihedral";
    session mean(f.card(), o);
    // Padding lies at the right and bottom only, and is turned with the picture.
    CHECK(apart(values(ask(plain, picture), "map"), values(ask(mean, picture), "map")) <= 1e-2);
  }
  const model_folder f(convolution(odd, 3, 1), any_size);
  session_options o = cpu();
  o.tta = "flips";
  session mean(f.card(), o);
  CHECK(cv::norm(values(ask(mean, picture), "map"), cv::NORM_INF) <= 1e-2);
  o.tta = "dihedral";
  session all(f.card(), o);
  cv::Mat turned;
  cv::rotate(picture, turned, cv::ROTATE_90_CLOCKWISE);
  const inference a = ask(all, picture), b = ask(all, turned);
  const cv::Mat map_a(21, 34, CV_32F, const_cast<float*>(values(a, "map").ptr<float>()));
  cv::Mat turned_a;
  cv::rotate(map_a, turned_a, cv::ROTATE_90_CLOCKWISE);
  CHECK(apart(turned_a, values(b, "map")) <= 1e-2);
}

TEST_CASE("fov_width: the map's frame leads back to the picture, at the scale of the field of view") {
  const model_folder f(convolution(even, 3, 1), any_size + R"(,"multiple":16,"fov_width":50)");
  session s(f.card(), cpu());
  CHECK(s.wants_field());
  const inference i = ask(s, noise(120, 240), cv::Rect2d(20, 10, 100, 100));
  CHECK(values(i, "map").size[1] == 60);
  CHECK(values(i, "map").size[2] == 120);
  CHECK(i.outputs[0].to_picture == frame{{2, 0, 0, 0, 2, 0}});
}

TEST_CASE("valid convolutions: margin mirrors the missing rim, whole and in tiles") {
  const model_folder f(convolution(even, 3, 0), any_size, R"(,"tile":{"size":[32,32],"overlap":0,"margin":1})");
  session_options o = cpu();
  session tiled(f.card(), o);
  o.tile = "none";
  session whole(f.card(), o);
  const cv::Mat picture = noise(50, 70);
  cv::Mat oracle;
  cv::filter2D(picture, oracle, CV_32F, cv::Mat(3, 3, CV_32F, const_cast<float*>(even.data())), {-1, -1}, 0,
               cv::BORDER_REFLECT_101);
  CHECK(apart(values(ask(whole, picture), "map"), oracle) <= 1e-2);
  CHECK(apart(values(ask(tiled, picture), "map"), oracle) <= 1e-2);
}

TEST_CASE("passes: a picture of no whole multiple is padded, answered and cut back, alone and between others") {
  const model_folder f(convolution(even, 3, 1), any_size + R"(,"multiple":8)");
  const model_card card = load_card(f.card());
  passes through(network(read_model(card), card, {}), card, std::nullopt, symmetries_named("none"), 1e-5);
  cv::Mat a, b;
  noise(13, 21).convertTo(a, CV_32F);
  noise(13, 21, 2).convertTo(b, CV_32F);
  const std::vector<answers> both = through.run({a, b}), alone = through.run({b});
  REQUIRE(both.size() == 2);
  REQUIRE(both[1].size() == 1);
  CHECK(both[1][0].values.size[1] == 13);
  CHECK(both[1][0].values.size[2] == 21);
  CHECK(both[1][0].cell == cv::Size2d(1, 1));
  CHECK(apart(both[1][0].values, alone[0][0].values) <= 1e-3);
  CHECK(apart(both[0][0].values, alone[0][0].values) > 1);
}

TEST_CASE("a network whose batches are not its singles is found on the first batch") {
  // Softmax over the batch axis, hidden between two reshapes: right for one picture, wrong for two.
  const std::string bytes = model(
      node("Reshape", {"image", "flat"}, {"a"}, {}, "first") +
      node("Softmax", {"a"}, {"b"}, whole("axis", 1), "second") + node("Reshape", {"b", "back"}, {"map"}, {}, "third") +
      initializer(int_tensor("flat", {1, -1, 8, 8})) + initializer(int_tensor("back", {-1, 1, 8, 8})) +
      input(port("image", {0, 1, 0, 0})) + output(port("map", {0, 1, 0, 0})));
  const model_folder f(bytes, any_size);
  session alone(f.card(), cpu(1)), batched(f.card(), cpu(2));
  CHECK(apart(values(ask(alone, noise(8, 8)), "map"), cv::Mat(64, 1, CV_32F, cv::Scalar(1))) <= 1e-6);
  inference a = batched.prepare(noise(8, 8)), b = batched.prepare(noise(8, 8, 2));
  inference* const both[] = {&a, &b};
  for (int attempt = 0; attempt < 2; ++attempt) try {
      batched.forward(both);
      FAIL("the batch was taken");
    } catch (const error& e) {
      const bool found = e.code() == "E_BATCH" || e.code() == "E_SHAPE";
      CAPTURE(e.what());
      CHECK(found);
      CHECK(e.who() == blame::request);
    }
}

TEST_CASE("options and cards that do not go together are the request's error") {
  const auto with = [](const std::string& tile, int overlap, const std::string& tta, int batch) {
    session_options o = cpu(batch);
    o.tile = tile;
    o.overlap = overlap;
    o.tta = tta;
    return o;
  };
  CHECK(code_of(toy, with("card", -1, "none", 1)).empty());
  for (const char* tile : {"", "0", "64x", "x64", "64x64x64", "-1", "tile", "64 "})
    CHECK(code_of(toy, with(tile, -1, "none", 1)) == "E_OPTION");
  CHECK(code_of(toy, with("card", 8, "none", 1)) == "E_OPTION");
  CHECK(code_of(toy, with("64", 64, "none", 1)) == "E_OPTION");
  CHECK(code_of(toy, with("card", -1, "all", 1)) == "E_OPTION");
  CHECK(code_of(toy, with("card", -1, "none", 0)) == "E_OPTION");
  {
    const model_folder f(convolution(even, 3, 1), R"("from":"image","size":[16,8])");
    CHECK(code_of(f.card(), with("card", -1, "dihedral", 1)) == "E_OPTION");
    CHECK(code_of(f.card(), with("card", -1, "flips", 1)).empty());
    CHECK(code_of(f.card(), with("8", -1, "none", 1)) == "E_OPTION");
  }
  {
    const model_folder f(convolution(even, 3, 1), R"("from":"rois.features.h","size":[3,2])");
    CHECK(code_of(f.card(), cpu()) == "E_MODEL");  // the model takes pictures
  }
  const model_folder f(convolution(even, 3, 1), any_size, R"(,"stages":[{}])");
  CHECK(code_of(f.card(), cpu()) == "E_CARD");
}

TEST_CASE("the identity names card, model, device and engine, and changes with the card") {
  session s(toy, cpu());
  const auto met = s.identity();
  REQUIRE(met.size() == 4);
  CHECK(met[0].second == s.card().card_sha256);
  CHECK(met[1].second == s.card().sha256);
  CHECK(met[2].second == "cpu");
  const model_folder f(convolution(even, 3, 1), any_size);
  CHECK(session(f.card(), cpu()).identity()[0] != met[0]);
}
