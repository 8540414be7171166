// SPDX-License-Identifier: Apache-2.0
// The engine: OpenCV's dnn.
#include "medvision/infer/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/core/cuda.hpp>
#include <opencv2/dnn.hpp>

#include "medvision/error.hpp"
#include "medvision/infer/fast_convolution.hpp"
#include "medvision/infer/onnx_check.hpp"
#include "medvision/infer/onnx_shape.hpp"

namespace medvision {
namespace {

const std::string opencv = fmt::format("OpenCV {}", CV_VERSION);
constexpr int shown_side = 96;  // pixels at least; large enough to be halved five times

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_MODEL", sentence, blame::request); }

std::string words_of(const cv::Exception& e) {
  const std::string text = e.err.empty() ? e.what() : e.err;
  std::string out;
  for (const char c : std::string_view(text).substr(0, 400)) out += c >= ' ' && c < 0x7f ? c : ' ';
  return out;
}

std::string listed(const std::vector<model_port>& ports) {
  std::string text;
  for (const model_port& p : ports) text += fmt::format("{}'{}'", text.empty() ? "" : ", ", p.name);
  return text;
}

const model_port& find_port(const std::vector<model_port>& ports, const std::string& name, const char* what) {
  for (const model_port& p : ports)
    if (p.name == name) return p;
  refuse(fmt::format("the card names the {} '{}', the model has {}", what, name, listed(ports)));
}

/// Features go in as K rows of D numbers, as the card's size says; without one at their own shape.
void check_features(const model_port& port, const card_input& input) {
  if (input.size.empty() || port.shape.empty()) return;
  const std::int64_t said[] = {input.size.height, input.size.width};
  bool fits = port.shape.size() == 2;
  for (std::size_t i = 0; fits && i < 2; ++i) fits = port.shape[i] <= 0 || port.shape[i] == said[i];
  if (fits) return;
  std::string met;
  for (const std::int64_t n : port.shape) met += fmt::format("{}{}", met.empty() ? "" : "x", n > 0 ? n : 0);
  refuse(fmt::format("the model's input '{}' is {} (0: open), the card says {} rows of {}", port.name, met,
                     input.size.height, input.size.width));
}

/// Whether the model fixes height and width of this input, which must then be the card's size, or its tile's.
bool check_input(const model_port& port, const card_input& input, const model_card& card) {
  if (!input.feature().empty()) check_features(port, input);
  if (port.shape.empty() || !input.feature().empty()) return false;
  if (port.shape.size() != 4)
    refuse(fmt::format("the model's input '{}' has {} axes, expected 4 (N, C, H, W)", port.name, port.shape.size()));
  if (port.shape[1] > 0 && port.shape[1] != input.channels)
    refuse(fmt::format("the model's input '{}' takes {} channels, the card says {}", port.name, port.shape[1],
                       input.channels));
  const std::int64_t height = port.shape[2], width = port.shape[3];
  if (height < 0 && width < 0) return false;
  const cv::Size said = input.size.width > 0 ? input.size
                        : card.patch         ? card.patch->size
                        : card.tile          ? card.tile->size
                                             : cv::Size();
  if ((height > 0 && height != said.height) || (width > 0 && width != said.width))
    refuse(
        fmt::format("the model's input '{}' is fixed at {}x{} pixels, the card {}", port.name, width, height,
                    said.empty() ? std::string("says any size") : fmt::format("says {}x{}", said.width, said.height)));
  return true;
}

void check_output(const cv::Mat& values, const card_output& output, int count) {
  const float* at = values.ptr<float>();
  if (!std::all_of(at, at + values.total(), [](float v) { return std::isfinite(v); }))
    throw error("E_NONFINITE", fmt::format("output '{}' of the network holds NaN or infinity", output.name));
  if (output.of_regions) return;  // how many regions there are is not known here
  const auto wrong = [&](const std::string& expected) {
    std::string shape;
    for (int i = 0; i < values.dims; ++i) shape += fmt::format("{}{}", i == 0 ? "" : "x", values.size[i]);
    throw error("E_SHAPE", fmt::format("output '{}' of the network is {}, expected {}", output.name, shape, expected),
                blame::request);
  };
  const int classes = static_cast<int>(output.classes.size());
  if (values.dims < 2 || values.size[0] != count) wrong(fmt::format("{} items along its first axis", count));
  if (output.kind == "map" && (values.dims != 4 || values.size[1] != classes))
    wrong(fmt::format("{}x{}xHxW", count, classes));
  if (output.kind == "scores" && values.total() != static_cast<std::size_t>(count) * static_cast<std::size_t>(classes))
    wrong(fmt::format("{}x{}", count, classes));
}

/// The engine's network. An engine that must know sizes while it reads is shown some, of a picture that `multiple`
/// allows; not where nodes read them, since it would keep what it was shown for good.
cv::dnn::Net read_net(std::string_view onnx, const model_summary& summary, const model_card& card) {
  try {
    return cv::dnn::readNetFromONNX(onnx.data(), onnx.size());
  } catch (const cv::Exception&) {
    if (summary.asks_sizes) throw;
    int side = 1;
    for (const card_input& i : card.inputs) side = std::max(side, i.multiple);
    side *= (shown_side + side - 1) / side;
    const std::string closed = close_axes(onnx, {side, side});
    if (closed == onnx) throw;
    return cv::dnn::readNetFromONNX(closed.data(), closed.size());
  }
}

}  // namespace

struct network::state {
  cv::dnn::Net net;
  device where;
  std::vector<std::string> inputs, outputs;
  std::vector<card_output> said;
  bool fixed = false, takes_features = false;
};

network::network(std::string_view onnx, const model_card& card, const device& where) : state_(new state) {
  const model_summary summary = check_onnx(onnx);
  state_->where = where;
  state_->said = card.outputs;
  state_->takes_features = card.takes_features();
  for (const model_port& p : summary.inputs)
    if (std::none_of(card.inputs.begin(), card.inputs.end(), [&](const auto& i) { return i.name == p.name; }))
      refuse(fmt::format("the model has an input '{}' that the card does not name", p.name));
  for (const card_input& i : card.inputs) {
    state_->fixed |= check_input(find_port(summary.inputs, i.name, "input"), i, card);
    state_->inputs.push_back(i.name);
  }
  for (const card_output& o : card.outputs)
    state_->outputs.push_back(find_port(summary.outputs, o.name, "output").name);
  const fast_convolutions here(where.kind == device_kind::cpu);
  try {
    if (where.kind != device_kind::cpu) cv::cuda::setDevice(where.index);
    state_->net = read_net(onnx, summary, card);
    state_->net.setPreferableBackend(where.kind == device_kind::cpu ? cv::dnn::DNN_BACKEND_OPENCV
                                                                    : cv::dnn::DNN_BACKEND_CUDA);
    state_->net.setPreferableTarget(where.kind == device_kind::cpu    ? cv::dnn::DNN_TARGET_CPU
                                    : where.kind == device_kind::cuda ? cv::dnn::DNN_TARGET_CUDA
                                                                      : cv::dnn::DNN_TARGET_CUDA_FP16);
  } catch (const cv::Exception& e) {
    refuse(fmt::format("{} does not read this model: {}", opencv, words_of(e)));
  } catch (const std::bad_alloc&) {
    throw error("E_NOMEM", "there is not enough memory to load the model", blame::environment);
  } catch (const std::exception& e) {
    refuse(fmt::format("{} does not read this model: {}", opencv, e.what()));
  }
}

network::network(network&&) noexcept = default;
network::~network() = default;

std::vector<std::string> network::layers_on_cpu() const {
  std::vector<std::string> all;
  if (state_->where.kind == device_kind::cpu) return all;
  for (const std::string& name : state_->net.getLayerNames()) {
    const auto layer = state_->net.getLayer(state_->net.getLayerId(name));
    if (!layer->supportBackend(cv::dnn::DNN_BACKEND_CUDA)) all.push_back(fmt::format("{} '{}'", layer->type, name));
  }
  return all;
}

bool network::fixed_size() const { return state_->fixed; }

std::string network::engine() {
  const std::string convolutions = convolution_library();
  return convolutions.empty() ? opencv : fmt::format("{}, {}", opencv, convolutions);
}

std::vector<cv::Mat> network::forward(const std::vector<cv::Mat>& inputs) {
  if (inputs.size() != state_->inputs.size())
    throw error("E_SHAPE",
                fmt::format("{} inputs were given, the network takes {}", inputs.size(), state_->inputs.size()));
  std::vector<cv::Mat> made, outputs;
  const fast_convolutions here(state_->where.kind == device_kind::cpu);  // layers are made when shapes are known
  try {
    if (state_->where.kind != device_kind::cpu) cv::cuda::setDevice(state_->where.index);  // a setting of each thread
    for (std::size_t i = 0; i < inputs.size(); ++i) state_->net.setInput(inputs[i], state_->inputs[i]);
    state_->net.forward(made, state_->outputs);
  } catch (const cv::Exception& e) {
    const std::string words = words_of(e);
    const bool of_gpu = e.code == cv::Error::GpuApiCallError || e.code == cv::Error::GpuNotSupported;
    if (of_gpu && (words.find("out of memory") != std::string::npos || words.find("ALLOC") != std::string::npos))
      throw error("E_NOMEM",
                  fmt::format("the GPU has not enough memory: a smaller --batch, or fewer --networks ({})", words),
                  blame::environment);
    if (of_gpu) throw error("E_DEVICE", fmt::format("the GPU failed: {}", words), blame::environment);
    if (e.code == cv::Error::StsNoMem) throw error("E_NOMEM", fmt::format("{}: {}", opencv, words), blame::environment);
    throw error("E_MODEL", fmt::format("{} cannot run the network on this picture: {}", opencv, words));
  } catch (const std::bad_alloc&) {
    throw error("E_NOMEM", "there is not enough memory to run the network on this picture", blame::environment);
  }
  for (std::size_t i = 0; i < made.size(); ++i) {
    cv::Mat values;  // the engine's buffer is written again by the next pass
    if (made[i].depth() == CV_32F)
      made[i].copyTo(values);
    else
      made[i].convertTo(values, CV_32F);
    check_output(values, state_->said[i], state_->takes_features ? 1 : inputs.front().size[0]);
    outputs.push_back(std::move(values));
  }
  return outputs;
}

}  // namespace medvision
