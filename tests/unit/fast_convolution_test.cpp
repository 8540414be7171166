// SPDX-License-Identifier: Apache-2.0
#include "medvision/infer/fast_convolution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

using namespace medvision;

namespace {

struct layer_case {
  int inputs, outputs, kernel, stride, pad, dilation, groups;
  bool normalised;
  const char* activation;
};

cv::Mat numbers(const std::vector<int>& shape, std::uint64_t seed, double low = -1, double high = 1) {
  cv::Mat m(shape, CV_32F);
  cv::RNG random(seed);
  random.fill(m, cv::RNG::UNIFORM, low, high);
  return m;
}

cv::dnn::Net one_layer(const layer_case& c) {
  cv::dnn::Net net;
  cv::dnn::LayerParams p;
  p.name = "convolution";
  p.type = "Convolution";
  p.set("kernel_size", c.kernel);
  p.set("stride", c.stride);
  p.set("pad", c.pad);
  p.set("dilation", c.dilation);
  p.set("num_output", c.outputs);
  p.set("group", c.groups);
  p.blobs = {numbers({c.outputs, c.inputs / c.groups, c.kernel, c.kernel}, 1), numbers({1, c.outputs}, 2)};
  net.addLayerToPrev(p.name, p.type, p);
  if (c.normalised) {
    cv::dnn::LayerParams b;
    b.set("has_weight", true);
    b.set("has_bias", true);
    b.set("eps", 1e-3);
    b.blobs = {numbers({1, c.outputs}, 3), numbers({1, c.outputs}, 4, 0.5, 2), numbers({1, c.outputs}, 5),
               numbers({1, c.outputs}, 6)};
    net.addLayerToPrev("normalisation", "BatchNorm", b);
  }
  cv::dnn::LayerParams a;
  if (*c.activation != '\0') net.addLayerToPrev("activation", c.activation, a);
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  return net;
}

cv::Mat pass(cv::dnn::Net& net, const cv::Mat& input, bool fast) {
  const fast_convolutions here(fast);
  net.setInput(input);
  return net.forward().clone();
}

double furthest(const cv::Mat& a, const cv::Mat& b) {
  REQUIRE(a.size == b.size);
  return cv::norm(a.reshape(1, 1), b.reshape(1, 1), cv::NORM_INF);
}

}  // namespace

TEST_CASE("fast_convolution: a kernel of ones on paper, with its padding") {
  cv::dnn::Net net = one_layer({1, 1, 3, 1, 1, 1, 1, false, ""});
  const cv::Mat in(std::vector<int>{1, 1, 3, 3}, CV_32F, cv::Scalar(1));
  const cv::Mat weights = numbers({1, 1, 3, 3}, 1), bias = numbers({1, 1}, 2);
  const cv::Mat out = pass(net, in, true);
  CHECK(out.at<float>(std::vector<int>{0, 0, 1, 1}.data()) ==
        doctest::Approx(cv::sum(weights.reshape(1, 1))[0] + bias.at<float>(0)));
  const float* w = weights.ptr<float>();
  CHECK(out.at<float>(std::vector<int>{0, 0, 0, 0}.data()) ==
        doctest::Approx(w[4] + w[5] + w[7] + w[8] + bias.at<float>(0)));
}

TEST_CASE("fast_convolution: what it computes is what the engine computes, of every kind of window and at every size") {
  const layer_case cases[] = {{3, 8, 3, 1, 1, 1, 1, false, ""},       {16, 16, 3, 1, 1, 1, 1, true, "ReLU"},
                              {16, 32, 3, 2, 1, 1, 1, false, "ReLU"}, {1, 16, 7, 2, 3, 1, 1, false, "ReLU"},
                              {8, 8, 3, 1, 1, 1, 8, false, "ReLU6"},  {12, 6, 5, 2, 2, 1, 3, true, ""},
                              {4, 5, 3, 1, 2, 2, 1, false, "ReLU"},   {32, 7, 1, 1, 0, 1, 1, true, "Sigmoid"},
                              {2, 3, 3, 1, 0, 1, 1, false, "TanH"}};
  double most = 0;
  const int sizes[][3] = {{1, 17, 9}, {2, 64, 33}, {1, 200, 31}, {5, 8, 8}, {1, 17, 9}};
  for (const layer_case& c : cases) {
    cv::dnn::Net ours = one_layer(c), own = one_layer(c);
    for (const auto& [n, height, width] : sizes) {  // the plan is made anew, from weights that were given away
      CAPTURE(c.kernel);
      CAPTURE(c.groups);
      CAPTURE(height);
      const cv::Mat in = numbers({n, c.inputs, height, width}, 7);
      const double difference = furthest(pass(ours, in, true), pass(own, in, false));
      CHECK(difference < 1e-4);
      most = std::max(most, difference);
    }
  }
  CHECK((convolution_library().empty() || most > 0));  // else the engine was compared with itself
}

TEST_CASE("fast_convolution: bytes do not depend on the number of threads") {
  const int before = cv::getNumThreads();
  const cv::Mat in = numbers({2, 16, 150, 70}, 8);
  std::vector<cv::Mat> made;
  for (const int threads : {1, 2, 3}) {
    cv::setNumThreads(threads);
    cv::dnn::Net net = one_layer({16, 24, 3, 1, 1, 1, 1, false, "ReLU"});
    made.push_back(pass(net, in, true));
  }
  cv::setNumThreads(before);
  CHECK(furthest(made[0], made[1]) == 0);
  CHECK(furthest(made[0], made[2]) == 0);
}

TEST_CASE("fast_convolution: the library has a name where it was built in, and the scope ends") {
  const std::string name = convolution_library();
  CHECK((name.empty() || name.starts_with("oneDNN ")));
  cv::dnn::Net net = one_layer({3, 4, 3, 1, 1, 1, 1, false, ""});
  const cv::Mat in = numbers({1, 3, 20, 20}, 9);
  const cv::Mat fast = pass(net, in, true);
  cv::dnn::Net own = one_layer({3, 4, 3, 1, 1, 1, 1, false, ""});
  const cv::Mat after = pass(own, in, false);
  CHECK(furthest(fast, after) < 1e-5);
}

TEST_CASE("fast_convolution: of two activations in a row neither is lost") {
  for (const char* second : {"Sigmoid", "TanH", "ReLU6", "BatchNorm"}) {
    CAPTURE(second);
    std::vector<cv::dnn::Net> nets;
    for (int i = 0; i < 2; ++i) {
      nets.push_back(one_layer({3, 4, 3, 1, 1, 1, 1, false, "ReLU"}));
      cv::dnn::LayerParams p;
      p.set("has_weight", true);
      p.set("has_bias", true);
      p.set("eps", 1e-3);
      if (std::string(second) == "BatchNorm")
        p.blobs = {numbers({1, 4}, 3), numbers({1, 4}, 4, 0.5, 2), numbers({1, 4}, 5), numbers({1, 4}, 6)};
      nets.back().addLayerToPrev("second", second, p);
    }
    for (const int height : {20, 13, 20}) {
      const cv::Mat in = numbers({1, 3, height, 20}, 9);
      CHECK(furthest(pass(nets[0], in, true), pass(nets[1], in, false)) < 1e-5);
    }
  }
}

TEST_CASE("fast_convolution: windows that lie in the padding alone") {
  for (const int height : {15, 7, 16}) {
    for (const int stride : {1, 2}) {
      CAPTURE(height);
      CAPTURE(stride);
      cv::dnn::Net ours = one_layer({4, 5, 1, stride, 1, 1, 1, false, "ReLU"}),
                   own = one_layer({4, 5, 1, stride, 1, 1, 1, false, "ReLU"});
      const cv::Mat in = numbers({1, 4, height, 15}, 10);
      CHECK(furthest(pass(ours, in, true), pass(own, in, false)) < 1e-5);
    }
  }
}
