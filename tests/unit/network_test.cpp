// SPDX-License-Identifier: Apache-2.0
// One pass through the engine, and what is refused before and after it.
#include "medvision/infer/network.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "onnx_writer.hpp"

using namespace medvision;
using namespace onnx_writer;

namespace {
model_card card_of(const std::string& kind = "map", std::vector<std::string> classes = {"a"}) {
  model_card c;
  c.inputs.resize(1);
  c.inputs[0].name = "image";
  c.outputs.resize(1);
  c.outputs[0].name = "map";
  c.outputs[0].kind = kind;
  c.outputs[0].classes = std::move(classes);
  return c;
}
cv::Mat blob(int n, int rows, int columns, int seed = 3) {
  const int shape[] = {n, 1, rows, columns};
  cv::Mat b(4, shape, CV_32F);
  cv::RNG(seed).fill(b, cv::RNG::UNIFORM, 0, 1);
  return b;
}
struct met {
  std::string code, what;
  blame who = blame::item;
};
template <class F>
met refusal(F f) {
  try {
    f();
  } catch (const error& e) {
    return {e.code(), e.what(), e.who()};
  }
  return {};
}
const std::vector<float> edge{1, 0, -1, 2, 0, -2, 1, 0, -1};
}  // namespace

TEST_CASE("a convolution gives what a plain filter gives, for any size and batch, in memory of its own") {
  network net(convolution(edge, 3, 1), card_of(), {});
  CHECK_FALSE(net.fixed_size());
  cv::Mat first;
  for (const auto& [n, rows, columns] : {std::tuple{1, 8, 8}, {3, 5, 9}, {1, 8, 8}, {2, 1, 1}}) {
    const cv::Mat in = blob(n, rows, columns);
    const std::vector<cv::Mat> out = net.forward({in});
    REQUIRE(out.size() == 1);
    REQUIRE(out[0].dims == 4);
    if (first.empty()) first = out[0];
    for (int i = 0; i < n; ++i) {
      const cv::Mat picture(rows, columns, CV_32F, const_cast<float*>(in.ptr<float>(i)));
      const cv::Mat map(rows, columns, CV_32F, const_cast<float*>(out[0].ptr<float>(i)));
      cv::Mat oracle;
      cv::filter2D(picture, oracle, CV_32F, cv::Mat(3, 3, CV_32F, const_cast<float*>(edge.data())), {-1, -1}, 0,
                   cv::BORDER_CONSTANT);
      CHECK(cv::norm(map, oracle, cv::NORM_INF) < 1e-5);
    }
  }
  CHECK(cv::norm(first.reshape(1, 8), net.forward({blob(1, 8, 8)})[0].reshape(1, 8), cv::NORM_INF) == 0);
}

TEST_CASE("NaN or infinity in an output is an item's error that names the output") {
  network net(convolution(edge, 3, 1), card_of(), {});
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    cv::Mat in = blob(1, 8, 8);
    in.ptr<float>()[20] = bad;
    const met m = refusal([&] { net.forward({in}); });
    CHECK(m.code == "E_NONFINITE");
    CHECK(m.what.find("'map'") != std::string::npos);
    CHECK(m.who == blame::item);
  }
  CHECK(refusal([&] { net.forward({blob(1, 8, 8)}); }).code.empty());
}

TEST_CASE("a card that speaks of another model is refused at load") {
  const std::string bytes = convolution(edge, 3, 1);
  const auto load = [&](const model_card& c) { return refusal([&] { network(bytes, c, {}); }); };
  model_card c = card_of();
  c.outputs[0].name = "vessel";
  CHECK(load(c).what.find("output 'vessel', the model has 'map'") != std::string::npos);
  c = card_of();
  c.inputs[0].name = "x";
  CHECK(load(c).code == "E_MODEL");
  c = card_of();
  c.inputs[0].channels = 3;
  CHECK(load(c).what.find("takes 1 channels, the card says 3") != std::string::npos);
  c = card_of();
  c.inputs.push_back(c.inputs[0]);
  c.inputs[1].name = "second";
  CHECK(load(c).who == blame::request);
}

TEST_CASE("a size that the model fixes must be the card's size or tile") {
  const std::string bytes = model(node("Relu", {"image"}, {"map"}) + input(port("image", {1, 1, 16, 24})) +
                                  output(port("map", {1, 1, 16, 24})));
  const auto load = [&](const model_card& c) { return refusal([&] { network(bytes, c, {}); }); };
  model_card c = card_of();
  CHECK(load(c).what.find("fixed at 24x16 pixels, the card says any size") != std::string::npos);
  c.inputs[0].size = {24, 16};
  CHECK(load(c).code.empty());
  CHECK(network(bytes, c, {}).fixed_size());
  c.inputs[0].size = {16, 24};
  CHECK(load(c).code == "E_MODEL");
  c.inputs[0].size = {};
  c.tile.emplace().size = {24, 16};
  CHECK(load(c).code.empty());
}

TEST_CASE("an output of another shape than the card's is the request's error") {
  network two(convolution(edge, 3, 1), card_of("map", {"a", "b"}), {});
  met m = refusal([&] { two.forward({blob(1, 8, 8)}); });
  CHECK(m.code == "E_SHAPE");
  CHECK(m.who == blame::request);
  CHECK(m.what.find("1x1x8x8, expected 1x2xHxW") != std::string::npos);
  network scores(convolution(edge, 3, 1), card_of("scores", {"a", "b"}), {});
  CHECK(refusal([&] { scores.forward({blob(1, 8, 8)}); }).code == "E_SHAPE");
  CHECK(refusal([&] { scores.forward({}); }).code == "E_SHAPE");
}

TEST_CASE("what the engine refuses comes back in its words, with the node") {
  const std::string bytes = model(node("Madeup", {"image"}, {"map"}, {}, "odd") + input(port("image", {0, 1, 0, 0})) +
                                  output(port("map", {0, 1, 0, 0})));
  const met m = refusal([&] {
    network net(bytes, card_of(), {});
    net.forward({blob(1, 8, 8)});
  });
  CHECK(m.code == "E_MODEL");
  CHECK(m.what.find("OpenCV") != std::string::npos);
  CHECK(m.what.find("Madeup") != std::string::npos);
  CHECK(m.what.find('\n') == std::string::npos);
}
