// SPDX-License-Identifier: Apache-2.0
// A network that can be run: the one place where an engine stands, so that another engine is one more file.
#pragma once

#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/infer/card.hpp"
#include "medvision/infer/device.hpp"

namespace medvision {

/// A model loaded on one device. One thread at a time; each thread wants one of its own.
class network {
 public:
  /// Checks the bytes (onnx_check), then gives them to the engine.
  ///   onnx    bytes of the model whose hash was found to be the card's.
  ///   card    its inputs and outputs are looked for in the model by name.
  ///   where   a device that choose_device gave.
  ///   throws  E_MODEL (request): what check_onnx refuses, what the engine refuses (with its words), an input or output
  ///           of the card that the model does not have, an input of the model that the card does not name; channels or
  ///           a fixed size other than the card's.
  network(std::string_view onnx, const model_card& card, const device& where);
  network(network&&) noexcept;
  ~network();

  /// One pass.
  ///   inputs   as the card's inputs, each N×C×H×W, 32F, the same N; features as they are, and N is 1. Of new
  ///            shapes the engine plans anew: keep to few.
  ///   returns  as the card's outputs, each with memory of its own, 32F, its first axis N unless it is over regions.
  ///   throws   E_NONFINITE (item) naming the output that holds NaN or infinity; E_SHAPE (request) when an output has
  ///            another first axis than N, no 4 axes for a map, or another number of classes than the card says;
  ///            E_MODEL (item) when the engine cannot run this shape; E_NOMEM (environment) when there is not enough,
  ///            on the GPU too; E_DEVICE (environment) for whatever else a GPU fails in.
  std::vector<cv::Mat> forward(const std::vector<cv::Mat>& inputs);

  /// On a GPU: the layers, as "Type 'name'", that the engine has no code for there, so that each pass would copy what
  /// they take to the CPU and what they make back. On the CPU none.
  [[nodiscard]] std::vector<std::string> layers_on_cpu() const;
  /// True when the model itself fixes height and width.
  [[nodiscard]] bool fixed_size() const;
  /// "OpenCV 4.6.0, oneDNN 2.6.3": what computes, the second as convolution_library says.
  [[nodiscard]] static std::string engine();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace medvision
