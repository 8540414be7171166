// SPDX-License-Identifier: Apache-2.0
// What does an ONNX file say? Its nodes, tensors and ports as views into the bytes, each size checked as it is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/infer/onnx_tensor.hpp"

namespace medvision {

struct onnx_attribute {
  std::string_view name, text;
  std::optional<std::int64_t> integer;
  std::vector<std::int64_t> integers;
  std::optional<onnx_tensor> tensor;
  bool subgraph = false;
};

struct onnx_node {
  std::string_view name, type, domain;
  std::vector<std::string_view> inputs, outputs;
  std::vector<onnx_attribute> attributes;

  /// nullptr when the node does not state it.
  [[nodiscard]] const onnx_attribute* find(std::string_view attribute) const;
};

/// An input or output of the graph. shape: -1 for an axis left open; nullopt when nothing is said.
struct onnx_port {
  std::string_view name;
  std::int64_t type = 0;
  std::optional<std::vector<std::int64_t>> shape;
};

struct onnx_graph {
  std::vector<onnx_node> nodes;
  std::vector<onnx_tensor> initializers;
  std::vector<onnx_port> inputs, outputs;
  std::int64_t opset = 0;     ///< of the default domain
  std::string_view producer;  ///< the program that wrote the file
};

/// Reads the structure of a ModelProto. Time and memory are bounded by the size of `bytes`, which must outlive the
/// result; nothing recurses. Throws E_MODEL (blame request): cut or foreign bytes, data kept in another file, sparse
/// tensors, local functions, a tensor whose dims are negative, zero, overflowing or other than its data, more than the
/// limits allow. Source: onnx.proto3 of ONNX 1.12. Differs: a message given twice is refused, where protobuf merges.
onnx_graph read_onnx(std::string_view bytes, const onnx_limits& limits = {});

/// "node 'name' (Type)", for sentences; a node without a name is called by its first output.
std::string describe(const onnx_node& n);

}  // namespace medvision
