// SPDX-License-Identifier: Apache-2.0
// What does an ONNX tensor announce, and does it hold as much?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace medvision {

/// Axes of a tensor or port at most.
constexpr std::size_t max_rank = 8;

/// What is read at most: more is refused before memory is spent on it.
struct onnx_limits {
  std::size_t max_nodes = 20000;                      ///< nodes, and initializers, of a graph
  std::size_t max_list = 65536;                       ///< numbers in one attribute, names in one node
  std::int64_t max_elements = std::int64_t{1} << 30;  ///< of one tensor
};

/// An initializer or a constant. Its data was found to be as long as its dims say.
struct onnx_tensor {
  std::string_view name;
  std::vector<std::int64_t> dims;
  std::int64_t type = 0;  ///< TensorProto.DataType
  std::int64_t elements = 0;
};

/// Reads a TensorProto without copying its data. bytes must outlive the result. Throws E_MODEL (request): data kept in
/// another file, in segments or as texts; a type that no network here holds; a dimension below 1 (an empty list, one
/// dimension of 0, is let through), more than 8 of them, or more elements than the limits allow; data of another length
/// than dims and type say, or held twice. Source: onnx.proto3 of ONNX 1.12.
onnx_tensor read_onnx_tensor(std::string_view bytes, const onnx_limits& limits = {});

/// At most 80 characters of a name that a file made up, fit for a sentence.
std::string printable(std::string_view text);

}  // namespace medvision
