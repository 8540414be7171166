// SPDX-License-Identifier: Apache-2.0
// What can the engine do with a network, when nothing has to be read or written? Forward passes on one ready blob.
//   bare_loop CARD cpu|cuda:N|cuda-fp16:N BATCH WIDTHxHEIGHT SECONDS
// Prints a JSON object: pictures_per_s, gflop (of a picture), costliest (the layer with most of them) and its share.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <opencv2/core/cuda.hpp>
#include <opencv2/dnn.hpp>

#include "medvision/error.hpp"
#include "medvision/infer/device.hpp"
#include "medvision/infer/fast_convolution.hpp"
#include "medvision/infer/model_card.hpp"
#include "medvision/infer/onnx_shape.hpp"

using namespace medvision;

int main(int argc, char** argv) {
  if (argc != 6) return std::fprintf(stderr, "see the head of bare_loop.cpp\n"), 2;
  try {
    const model_card card = load_card(argv[1]);
    const device where = choose_device(parse_device(argv[2]));
    const int batch = std::atoi(argv[3]);
    cv::Size size;
    if (std::sscanf(argv[4], "%dx%d", &size.width, &size.height) != 2) return 2;
    const fast_convolutions here(where.kind == device_kind::cpu);
    const std::string bytes = close_axes(read_model(card), size);
    if (where.kind != device_kind::cpu) cv::cuda::setDevice(where.index);
    cv::dnn::Net net = cv::dnn::readNetFromONNX(bytes.data(), bytes.size());
    if (where.kind != device_kind::cpu) {
      net.setPreferableBackend(cv::dnn::DNN_BACKEND_CUDA);
      net.setPreferableTarget(where.kind == device_kind::cuda ? cv::dnn::DNN_TARGET_CUDA
                                                              : cv::dnn::DNN_TARGET_CUDA_FP16);
    } else {
      net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    }
    const std::vector<int> shape{batch, card.inputs[0].channels, size.height, size.width};
    cv::Mat blob(shape, CV_32F);
    cv::randn(blob, 0, 1);
    std::vector<std::string> outputs;
    for (const card_output& o : card.outputs) outputs.push_back(o.name);
    std::vector<cv::Mat> made;
    const auto pass = [&] {
      net.setInput(blob);
      net.forward(made, outputs);
    };
    for (int i = 0; i < 3; ++i) pass();  // kernels are loaded, sizes planned
    using clock = std::chrono::steady_clock;
    const auto began = clock::now();
    const double seconds = std::atof(argv[5]);
    int passes = 0;
    double spent = 0;
    while (spent < seconds || passes < 3) {
      pass();
      ++passes;
      spent = std::chrono::duration<double>(clock::now() - began).count();
    }
    double all = 0, most = 0;
    std::string costliest;
    for (const std::string& name : net.getLayerNames()) {
      const double flop = double(net.getFLOPS(net.getLayerId(name), std::vector<cv::dnn::MatShape>{shape})) / batch;
      all += flop;
      if (flop > most) most = flop, costliest = name;
    }
    fmt::print(R"({{"pictures_per_s":{:.6g},"gflop":{:.6g},"costliest":"{}","share":{:.3f}}})"
               "\n",
               passes * batch / spent, all / 1e9, costliest, all > 0 ? most / all : 0);
    return 0;
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "bare_loop: %s\n", e.what()), 1;
  }
}
