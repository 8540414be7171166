// SPDX-License-Identifier: Apache-2.0
// What may be shown to OpenCV, and every malformed model that must not be.
#include "medvision/infer/onnx_check.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <random>

#include "medvision/error.hpp"
#include "medvision/infer/network.hpp"
#include "medvision/infer/onnx_graph.hpp"
#include "medvision/infer/onnx_tensor.hpp"
#include "onnx_writer.hpp"

using namespace medvision;
using namespace onnx_writer;

namespace {
const std::vector<float> nine(9, 1.0F);

std::string refusal(const std::string& bytes, const onnx_limits& limits = {}) {
  try {
    check_onnx(bytes, limits);
  } catch (const error& e) {
    CHECK(e.code() == "E_MODEL");
    CHECK(e.who() == blame::request);
    return e.what();
  }
  return {};
}
bool says(const std::string& sentence, const std::string& words) { return sentence.find(words) != std::string::npos; }

const std::string in = input(port("image", {0, 1, 0, 0})), out = output(port("map", {0, 1, 0, 0}));
std::string one_node(const std::string& n, const std::string& more = {}) { return model(n + more + in + out); }
std::string with_weights(const std::string& t) {
  return one_node(node("Conv", {"image", "w"}, {"map"}, ints("kernel_shape", {3, 3})), initializer(t));
}
std::string toy() {
  std::ifstream file(MEDVISION_SOURCE "/weights/toy/toy.onnx", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
}  // namespace

TEST_CASE("a convolution is let through, and its ports and size are told") {
  const model_summary s = check_onnx(convolution(nine, 3, 1));
  REQUIRE(s.inputs.size() == 1);
  CHECK(s.inputs[0].name == "image");
  CHECK(s.inputs[0].shape == std::vector<std::int64_t>{-1, 1, -1, -1});
  REQUIRE(s.outputs.size() == 1);
  CHECK(s.outputs[0].name == "map");
  CHECK(s.nodes == 1);
  CHECK(s.parameters == 9);
  CHECK(s.opset == 11);
}

TEST_CASE("an initializer that an old file lists as an input is none") {
  const std::string bytes = one_node(node("Conv", {"image", "w"}, {"map"}, ints("kernel_shape", {3, 3})),
                                     initializer(tensor("w", {1, 1, 3, 3}, nine)) + input(port("w", {1, 1, 3, 3})));
  CHECK(check_onnx(bytes).inputs.size() == 1);
}

TEST_CASE("what is no ONNX file at all is refused") {
  CHECK(says(refusal(""), "empty"));
  CHECK_FALSE(refusal("this is a text").empty());
  CHECK_FALSE(refusal(std::string(4096, '\0')).empty());
  CHECK_FALSE(refusal(convolution(nine, 3, 1) + "tail").empty());
  CHECK(says(refusal(number(1, 6)), "no graph"));
  const std::string whole_model = convolution(nine, 3, 1);
  for (std::size_t n = 0; n < whole_model.size(); ++n) CHECK_FALSE(refusal(whole_model.substr(0, n)).empty());
}

TEST_CASE("tensors whose data are elsewhere, or not as long as their dims say, are refused") {
  CHECK(says(refusal(with_weights(tensor("w", {1, 1, 3, 3}, {}) + number(14, 1))), "another file"));
  CHECK(says(refusal(with_weights(tensor("w", {1, 1, 3, 3}, nine) + text(13, "x"))), "another file"));
  CHECK(says(refusal(with_weights(tensor("w", {1, 64, 3, 3}, nine))), "announces 576 values but holds 9"));
  CHECK(says(refusal(with_weights(tensor("w", {1, 1, 3, 3}, {1, 2}))), "announces 9 values but holds 2"));
  CHECK(says(refusal(with_weights(tensor("w", {1, -1, 3, 3}, nine))), "dimension of -1"));
  CHECK(says(refusal(with_weights(tensor("w", {1, 0, 3, 3}, nine))), "dimension of 0"));
  CHECK(says(refusal(with_weights(tensor("w", {1LL << 31, 1LL << 31, 1LL << 31, 4}, nine))), "more than"));
  CHECK(says(refusal(with_weights(tensor("w", {1, 1, 1, 1, 1, 1, 1, 3, 3}, nine))), "dimensions"));
  CHECK(says(refusal(with_weights(tensor("w", {1, 1, 3, 3}, nine) + text(4, raw(nine)))), "twice"));
  CHECK(says(refusal(with_weights(number(1, 9) + number(2, 8) + text(8, "w"))), "data type 8"));
}

TEST_CASE("a tensor is read without its data; an empty list is one, an empty plane is none") {
  const std::string bytes = int_tensor("shape", {1, -1, 8});
  const onnx_tensor t = read_onnx_tensor(bytes);
  CHECK(t.name == "shape");
  CHECK(t.type == 7);
  CHECK(t.elements == 3);
  CHECK(read_onnx_tensor(tensor("none", {0}, {})).elements == 0);
  CHECK_THROWS_AS(read_onnx_tensor(tensor("none", {0, 1}, {})), error);
  onnx_limits small;
  small.max_elements = 2;
  CHECK_THROWS_AS(read_onnx_tensor(bytes, small), error);
  CHECK(printable("a\n\xff") == "a??");
}

TEST_CASE("means over padding that OpenCV takes otherwise are refused: it goes by the producer") {
  const auto mean = [](const std::string& attributes, const std::string& producer) {
    const std::string pool = node("AveragePool", {"image"}, {"map"}, ints("kernel_shape", {3, 3}) + attributes);
    return refusal(one_node(pool) + (producer.empty() ? producer : text(2, producer)));
  };
  const std::string pads = ints("pads", {1, 1, 1, 1}), counted = whole("count_include_pad", 1);
  CHECK(mean(pads, "").empty());
  CHECK(mean(pads + counted, "pytorch").empty());
  CHECK(mean(counted, "").empty());
  CHECK(mean(ints("pads", {0, 0, 0, 0}), "pytorch").empty());
  CHECK(says(mean(pads + counted, ""), "counts the padding"));
  CHECK(says(mean(pads, "pytorch"), "leaves the padding out"));
  CHECK(says(mean(word("auto_pad", "SAME_UPPER"), "pytorch"), "leaves the padding out"));
  CHECK(mean(word("auto_pad", "VALID"), "pytorch").empty());
}

TEST_CASE("graphs that do not hang together are refused") {
  CHECK(says(refusal(one_node(node("Relu", {"nowhere"}, {"map"}))), "nothing makes"));
  const std::string cycle = node("Add", {"image", "b"}, {"a"}, {}, "first") + node("Relu", {"a"}, {"b"}, {}, "second") +
                            node("Relu", {"b"}, {"map"});
  CHECK(says(refusal(one_node(cycle)), "node 'first' (Add) reads 'b', which is made only after it"));
  CHECK(says(refusal(one_node(node("Relu", {"image"}, {"map"}) + node("Relu", {"image"}, {"map"}))), "there already"));
  CHECK(says(refusal(one_node(node("Relu", {"image"}, {"other"}))), "'map' is made by no node"));
  CHECK(says(refusal(model(in + out)), "no node"));
  CHECK(says(refusal(model(node("Relu", {"image"}, {"map"}) + in)), "no output"));
  CHECK(says(refusal(number(1, 6) + text(7, in) + text(7, out)), "twice"));
  CHECK(
      says(refusal(model(node("Relu", {"image"}, {"map"}) + input(port("image", {-5, 1, 8, 8})) + out)), "axis of -5"));
}

TEST_CASE("nested graphs and operators that are not read are refused by node and operator") {
  const std::string inner = text(5, text(1, "body") + text(6, node("Relu", {"x"}, {"y"})));
  CHECK(says(refusal(one_node(node("If", {"image"}, {"map"}, inner, "choice"))),
             "node 'choice' (If) holds a nested graph"));
  for (const char* op : {"Loop", "Scan"}) CHECK(says(refusal(one_node(node(op, {"image"}, {"map"}))), "nested"));
  for (const char* op : {"GridSample", "NonZero"})
    CHECK(says(refusal(one_node(node(op, {"image"}, {"map"}, {}, "odd"))), std::string("node 'odd' (") + op));
  CHECK(says(refusal(one_node(node("Resize", {"image"}, {"map"}, word("mode", "cubic")))), "cubic"));
  const std::string floor = word("mode", "nearest") + word("nearest_mode", "floor");
  CHECK(says(refusal(one_node(node("Resize", {"image"}, {"map"}, floor))), "half_pixel"));
  CHECK(refusal(
            one_node(node("Resize", {"image"}, {"map"}, floor + word("coordinate_transformation_mode", "asymmetric"))))
            .empty());
  CHECK(says(refusal(one_node(node("InstanceNormalization", {"image"}, {"map"}))), "epsilon"));
}

TEST_CASE("a convolution must state its kernel, and weights, groups and bias must fit it") {
  const auto conv = [](const std::string& attributes, const std::string& weights, const std::string& bias = {}) {
    std::vector<std::string> inputs{"image", "w"};
    if (!bias.empty()) inputs.emplace_back("b");
    return refusal(one_node(node("Conv", inputs, {"map"}, attributes),
                            initializer(weights) + (bias.empty() ? "" : initializer(bias))));
  };
  const std::string good = tensor("w", {1, 1, 3, 3}, nine), kernel = ints("kernel_shape", {3, 3});
  CHECK(conv(kernel, good).empty());
  CHECK(says(conv("", good), "kernel_shape"));
  CHECK(says(conv(ints("kernel_shape", {5, 5}), good), "another shape"));
  CHECK(says(conv(kernel + ints("strides", {0, 0}), good), "strides of 0"));
  CHECK(says(conv(kernel + ints("dilations", {-1, 1}), good), "dilations of -1"));
  CHECK(says(conv(kernel + ints("pads", {-1, 0, 0, 0}), good), "pads of -1"));
  CHECK(says(conv(kernel + whole("group", 0), good), "group 0"));
  CHECK(says(conv(kernel + whole("group", 2), good), "2 groups"));
  CHECK(says(conv(kernel, good, tensor("b", {7}, std::vector<float>(7, 0.F))), "bias of 7"));
}

TEST_CASE("a million nodes are refused quickly, and the limit is said") {
  std::string many;
  const std::string n = node("Relu", {"image"}, {""});
  for (int i = 0; i < 1000000; ++i) many += n;
  const std::string bytes = one_node(many);
  const auto start = std::chrono::steady_clock::now();
  CHECK(says(refusal(bytes), "more than 20000 nodes"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("property: no model changed at random kills the check or OpenCV") {
  const std::string good = toy();
  REQUIRE_FALSE(good.empty());
  model_card card;
  card.inputs.resize(1);
  card.inputs[0].name = "image";
  card.outputs.resize(1);
  card.outputs[0].name = "edge";
  card.outputs[0].classes = {"edge"};
  std::mt19937 random(7);
  int passed = 0;
  for (int round = 0; round < 400; ++round) {
    std::string bytes = good;
    for (int k = 0; k <= round % 3; ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
    try {
      check_onnx(bytes);
    } catch (const error&) {
      continue;
    }
    ++passed;
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        network net(bytes, card, {});
        const int shape[] = {1, 1, 16, 16};
        net.forward({cv::Mat(4, shape, CV_32F, cv::Scalar(0.5))});
      } catch (const error&) {
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CAPTURE(round);
    CHECK(WIFEXITED(status));
  }
  CHECK(passed > 0);
}
