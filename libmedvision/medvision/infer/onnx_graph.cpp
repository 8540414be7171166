// SPDX-License-Identifier: Apache-2.0
// ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto and ValueInfoProto, as far as a network needs them.
#include "medvision/infer/onnx_graph.hpp"

#include <fmt/format.h>

#include "medvision/error.hpp"
#include "medvision/infer/protobuf.hpp"

namespace medvision {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_MODEL", sentence, blame::request); }

onnx_attribute read_attribute(std::string_view bytes, const onnx_limits& limits) {
  constexpr const char* where = "an attribute";
  onnx_attribute a;
  std::size_t values = 0;
  wire_field f;
  for (wire_reader in(bytes, where); in.next(f);) {
    switch (f.number) {
      case 1:
        a.name = bytes_of(f, where);
        break;
      case 3:
        a.integer = integer_of(f, where);
        break;
      case 4:
        a.text = bytes_of(f, where);
        break;
      case 5:
        if (a.tensor) refuse("an attribute holds its tensor twice");
        a.tensor = read_onnx_tensor(bytes_of(f, where), limits);
        break;
      case 6:
      case 11:
        a.subgraph = true;
        break;
      case 7:
      case 9:
        values += f.type == wire_field::kind::bytes ? 1 + f.bytes.size() / 4 : 1;
        break;
      case 8:
        append_integers(f, where, limits.max_list, a.integers);
        break;
      case 10:
      case 15:
      case 22:
      case 23:
        refuse("an attribute holds a list of tensors, a type or a sparse tensor");
      default:
        break;
    }
    if (values > limits.max_list) refuse("an attribute holds a list longer than any network needs");
  }
  return a;
}

onnx_node read_node(std::string_view bytes, const onnx_limits& limits) {
  constexpr const char* where = "a node";
  onnx_node n;
  wire_field f;
  for (wire_reader in(bytes, where); in.next(f);) {
    switch (f.number) {
      case 1:
        n.inputs.push_back(bytes_of(f, where));
        break;
      case 2:
        n.outputs.push_back(bytes_of(f, where));
        break;
      case 3:
        n.name = bytes_of(f, where);
        break;
      case 4:
        n.type = bytes_of(f, where);
        break;
      case 5:
        n.attributes.push_back(read_attribute(bytes_of(f, where), limits));
        break;
      case 7:
        n.domain = bytes_of(f, where);
        break;
      default:
        break;
    }
    if (n.inputs.size() + n.outputs.size() + n.attributes.size() > 4096)
      refuse(fmt::format("{} has more inputs, outputs and attributes than any network needs", describe(n)));
  }
  return n;
}

/// The bytes of the one field `number` of a message, empty when absent. Twice is refused.
std::optional<std::string_view> only_message(std::string_view bytes, std::uint32_t number, const char* where) {
  std::optional<std::string_view> found;
  wire_field f;
  for (wire_reader in(bytes, where); in.next(f);) {
    if (f.number != number) continue;
    if (found) refuse(fmt::format("{} says the same thing twice (field {})", where, number));
    found = bytes_of(f, where);
  }
  return found;
}

std::int64_t read_dimension(std::string_view bytes, std::string_view port) {
  std::int64_t value = -1;
  wire_field f;
  for (wire_reader in(bytes, "a shape"); in.next(f);) {
    if (f.number == 2) value = -1;
    if (f.number != 1) continue;
    value = integer_of(f, "a shape");
    if (value < 1 || value > INT32_MAX)
      refuse(fmt::format("'{}' has an axis of {}, expected 1 to {}", printable(port), value, INT32_MAX));
  }
  return value;
}

onnx_port read_port(std::string_view bytes) {
  constexpr const char* where = "an input or output";
  onnx_port p;
  wire_field f;
  for (wire_reader in(bytes, where); in.next(f);)
    if (f.number == 1) p.name = bytes_of(f, where);
  const auto type = only_message(bytes, 2, where);
  const auto tensor = type ? only_message(*type, 1, "a type") : std::nullopt;
  if (!tensor) return p;
  for (wire_reader in(*tensor, "a tensor type"); in.next(f);)
    if (f.number == 1) p.type = integer_of(f, "a tensor type");
  const auto shape = only_message(*tensor, 2, "a tensor type");
  if (!shape) return p;
  p.shape.emplace();
  for (wire_reader in(*shape, "a shape"); in.next(f);) {
    if (f.number != 1) continue;
    if (p.shape->size() == max_rank) refuse(fmt::format("'{}' has more than {} axes", printable(p.name), max_rank));
    p.shape->push_back(read_dimension(bytes_of(f, "a shape"), p.name));
  }
  return p;
}

template <class T>
void add(std::vector<T>& list, T item, const char* what, const onnx_limits& limits) {
  if (list.size() >= limits.max_nodes) refuse(fmt::format("the model has more than {} {}", limits.max_nodes, what));
  list.push_back(std::move(item));
}

void read_graph(std::string_view bytes, const onnx_limits& limits, onnx_graph& g) {
  constexpr const char* where = "the graph";
  wire_field f;
  for (wire_reader in(bytes, where); in.next(f);) {
    switch (f.number) {
      case 1:
        add(g.nodes, read_node(bytes_of(f, where), limits), "nodes", limits);
        break;
      case 5:
        add(g.initializers, read_onnx_tensor(bytes_of(f, where), limits), "initializers", limits);
        break;
      case 11:
        add(g.inputs, read_port(bytes_of(f, where)), "inputs", limits);
        break;
      case 12:
        add(g.outputs, read_port(bytes_of(f, where)), "outputs", limits);
        break;
      case 13:
        read_port(bytes_of(f, where));
        break;
      case 15:
        refuse("the model holds a sparse tensor, which is not read");
      default:
        break;
    }
  }
}

}  // namespace

const onnx_attribute* onnx_node::find(std::string_view attribute) const {
  for (const onnx_attribute& a : attributes)
    if (a.name == attribute) return &a;
  return nullptr;
}

std::string describe(const onnx_node& n) {
  const std::string_view name = !n.name.empty() || n.outputs.empty() ? n.name : n.outputs.front();
  return fmt::format("node '{}' ({})", printable(name), printable(n.type));
}

onnx_graph read_onnx(std::string_view bytes, const onnx_limits& limits) {
  constexpr const char* where = "the model";
  if (bytes.empty()) refuse("the model file is empty");
  onnx_graph g;
  wire_field f;
  for (wire_reader in(bytes, where); in.next(f);) {
    if (f.number == 25) refuse("the model defines functions of its own, which are not read");
    if (f.number > 25) refuse(fmt::format("the model is no ONNX file: it has a field {}", f.number));
    if (f.number == 2) g.producer = bytes_of(f, where);
    if (f.number != 8) continue;
    std::string_view domain;
    std::int64_t version = 0;
    wire_field o;
    for (wire_reader opset(bytes_of(f, where), "an opset"); opset.next(o);) {
      if (o.number == 1) domain = bytes_of(o, "an opset");
      if (o.number == 2) version = integer_of(o, "an opset");
    }
    if (domain.empty() || domain == "ai.onnx") g.opset = version;
  }
  const auto graph = only_message(bytes, 7, where);
  if (!graph) refuse("the model is no ONNX file: it holds no graph");
  read_graph(*graph, limits, g);
  return g;
}

}  // namespace medvision
