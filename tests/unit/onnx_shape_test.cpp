// SPDX-License-Identifier: Apache-2.0
// A model whose open axes were closed is the same model.
#include "medvision/infer/onnx_shape.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/infer/network.hpp"
#include "medvision/infer/onnx_check.hpp"
#include "onnx_writer.hpp"

using namespace medvision;
using namespace onnx_writer;

namespace {
/// Halved twice, doubled twice, and what was there before added each time: map = x + up(half + up(quarter)).
std::string hourglass() {
  const std::string pool = ints("kernel_shape", {2, 2}) + ints("strides", {2, 2});
  const std::string nearest =
      word("mode", "nearest") + word("nearest_mode", "floor") + word("coordinate_transformation_mode", "asymmetric");
  return model(node("MaxPool", {"image"}, {"half"}, pool, "a") + node("MaxPool", {"half"}, {"quarter"}, pool, "b") +
               node("Resize", {"quarter", "none", "twice"}, {"up1"}, nearest, "c") +
               node("Add", {"up1", "half"}, {"sum1"}, {}, "d") +
               node("Resize", {"sum1", "none", "twice"}, {"up0"}, nearest, "e") +
               node("Add", {"up0", "image"}, {"map"}, {}, "f") + initializer(tensor("none", {0}, {})) +
               initializer(tensor("twice", {4}, {1, 1, 2, 2})) + input(port("image", {0, 1, 0, 0})) +
               output(port("map", {0, 1, 0, 0})));
}
}  // namespace

TEST_CASE("open axes become one picture of the size given, and nothing else changes") {
  const std::string open = convolution({1}, 1, 0), closed = close_axes(open, {64, 96});
  const model_summary before = check_onnx(open), after = check_onnx(closed);
  CHECK(before.inputs[0].shape == std::vector<std::int64_t>{-1, 1, -1, -1});
  CHECK(after.inputs[0].shape == std::vector<std::int64_t>{1, 1, 96, 64});
  CHECK(after.outputs[0].shape == before.outputs[0].shape);
  CHECK(after.nodes == before.nodes);
  CHECK(after.parameters == before.parameters);
  CHECK(after.opset == before.opset);
  CHECK(close_axes(closed, {7, 7}) == closed);
}

TEST_CASE("an input of another rank than a picture's gets ones") {
  const std::string type = text(1, number(1, 1) + text(2, text(1, text(2, "n")) + text(1, number(1, 5))));
  const std::string m =
      model(node("Relu", {"x"}, {"y"}) + input(text(1, "x") + text(2, type)) + output(port("y", {0, 5, 0, 0})));
  CHECK(check_onnx(close_axes(m, {8, 8})).inputs[0].shape == std::vector<std::int64_t>{1, 5});
}

TEST_CASE("what is no whole model is refused") {
  const std::string m = convolution({1}, 1, 0);
  CHECK_THROWS_AS(close_axes(m.substr(0, m.size() - 3), {8, 8}), error);
}

TEST_CASE("a network that halves and doubles runs at every size, whatever the engine takes open axes for") {
  model_card card;
  card.inputs.resize(1);
  card.inputs[0].name = "image";
  card.inputs[0].multiple = 4;
  card.outputs.resize(1);
  card.outputs[0].name = "map";
  card.outputs[0].classes = {"a"};
  network as_it_is(hourglass(), card, {});
  network closed(close_axes(hourglass(), {96, 96}),
                 [&] {
                   model_card fixed = card;
                   fixed.inputs[0].size = {96, 96};
                   return fixed;
                 }(),
                 {});
  for (const auto& [n, rows, columns] : {std::tuple{1, 8, 12}, {2, 96, 96}, {1, 4, 4}, {3, 20, 8}}) {
    const int shape[] = {n, 1, rows, columns};
    cv::Mat in(4, shape, CV_32F);
    cv::RNG(5).fill(in, cv::RNG::UNIFORM, 0, 1);
    const cv::Mat a = as_it_is.forward({in})[0], b = closed.forward({in})[0];
    REQUIRE(a.total() == in.total());
    CHECK(cv::norm(a, b, cv::NORM_INF) == 0);
    const auto largest = [&](int i, int y, int x, int side) {  // of the square of this side that holds the pixel
      float most = 0;
      for (int v = y / side * side; v < (y / side + 1) * side; ++v)
        for (int u = x / side * side; u < (x / side + 1) * side; ++u) most = std::max(most, in.ptr<float>(i, 0, v)[u]);
      return most;
    };
    for (int i = 0; i < n; ++i)
      for (int y = 0; y < rows; ++y)
        for (int x = 0; x < columns; ++x)
          CHECK(a.ptr<float>(i, 0, y)[x] ==
                doctest::Approx(in.ptr<float>(i, 0, y)[x] + largest(i, y, x, 2) + largest(i, y, x, 4)));
  }
}
