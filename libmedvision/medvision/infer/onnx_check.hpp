// SPDX-License-Identifier: Apache-2.0
// May OpenCV be shown this model? A malformed ONNX file can kill its importer with a signal, and some well-formed ones
// load and compute something else; both are found here, on the bytes, before OpenCV sees them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/infer/onnx_graph.hpp"

namespace medvision {

/// An input or output as the model states it. shape: -1 for an axis left open; empty when nothing is said.
struct model_port {
  std::string name;
  std::vector<std::int64_t> shape;
};

struct model_summary {
  std::vector<model_port> inputs, outputs;  ///< initializers that old files list as inputs are left out
  std::size_t nodes = 0;
  std::int64_t parameters = 0;  ///< values in initializers
  std::int64_t opset = 0;
  bool asks_sizes = false;  ///< a node reads the size of a tensor: Shape or Size
};

/// Checks the whole structure and says what goes in and out.
///   bytes    an ONNX ModelProto; nothing is kept of it.
///   returns  the ports in the file's order.
///   throws   E_MODEL, blame request, with node and operator where there is one: everything read_onnx refuses; a graph
///            without nodes or outputs; an input of a node that nothing before it makes (a cycle shows so); a name made
///            twice; nested graphs (If, Loop, Scan); operators and attributes that OpenCV's importer refuses, or
///            computes otherwise than ONNX says; kernels, strides, dilations or groups below 1, negative pads.
///   source   onnx.proto3 and operator texts of ONNX 1.12; what OpenCV 4.6 breaks was measured.
model_summary check_onnx(std::string_view bytes, const onnx_limits& limits = {});

}  // namespace medvision
