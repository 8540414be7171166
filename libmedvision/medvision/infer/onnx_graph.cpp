// SPDX-License-Identifier: Apache-2.0
// ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto and ValueInfoProto, as far as a network needs them.
#include "medvision/infer/onnx_graph.hpp"

#include <fmt/format.h>

#include "medvision/error.hpp"
#include "medvision/infer/protobuf.hpp"

namespace medvision {
namespace {

constexpr std::size_t max_rank = 8;

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_MODEL", sentence, blame::request); }

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 80)) out += c >= 0x20 && c < 0x7F ? c : '?';
  return out;
}

/// Bytes a value of this DataType takes; 0 for types that no network here holds (strings, complex numbers, …).
std::size_t bytes_a_value(std::int64_t type) {
  switch (type) {
    case 2:
    case 3:
    case 9:
      return 1;
    case 4:
    case 5:
    case 10:
      return 2;
    case 1:
    case 6:
    case 12:
      return 4;
    case 7:
    case 11:
    case 13:
      return 8;
    default:
      return 0;
  }
}

std::int64_t count_elements(const onnx_tensor& t, const onnx_limits& limits) {
  const std::string name = printable(t.name);
  if (t.dims.size() > max_rank)
    refuse(fmt::format("tensor '{}' has {} dimensions, at most {} are read", name, t.dims.size(), max_rank));
  std::int64_t elements = 1;
  for (const std::int64_t d : t.dims) {
    // An empty list is how exporters write "no value" for an optional input; any other zero makes no sense.
    if (d == 0 && t.dims.size() == 1) return 0;
    if (d <= 0) refuse(fmt::format("tensor '{}' has a dimension of {}, expected at least 1", name, d));
    if (d > limits.max_elements / elements)
      refuse(fmt::format("tensor '{}' announces more than {} values", name, limits.max_elements));
    elements *= d;
  }
  return elements;
}

/// Values found in the typed fields of a tensor, packed or not.
struct typed_data {
  std::size_t fixed32 = 0, fixed64 = 0, varints = 0;
};

void count_values(const wire_field& f, typed_data& found) {
  if (f.number == 4) return void(found.fixed32 += f.type == wire_field::kind::bytes ? f.bytes.size() / 4 : 1);
  if (f.number == 10) return void(found.fixed64 += f.type == wire_field::kind::bytes ? f.bytes.size() / 8 : 1);
  if (f.type != wire_field::kind::bytes) return void(++found.varints);
  for (const char c : f.bytes) found.varints += static_cast<std::uint8_t>(c) < 0x80;
}

void check_data(const onnx_tensor& t, std::optional<std::size_t> raw, const typed_data& typed) {
  const std::size_t each = bytes_a_value(t.type);
  const std::string name = printable(t.name);
  if (each == 0) refuse(fmt::format("tensor '{}' is of data type {}, which is not read", name, t.type));
  const std::size_t kinds = (raw && *raw > 0) + (typed.fixed32 > 0) + (typed.fixed64 > 0) + (typed.varints > 0);
  if (kinds > 1) refuse(fmt::format("tensor '{}' holds its values twice", name));
  const std::size_t wanted = static_cast<std::size_t>(t.elements);
  std::size_t held = typed.varints;
  if (raw && *raw > 0) held = *raw % each == 0 ? *raw / each : 0;
  if (typed.fixed32 > 0) held = t.type == 1 ? typed.fixed32 : 0;
  if (typed.fixed64 > 0) held = t.type == 11 ? typed.fixed64 : 0;
  if (typed.varints > 0 && (t.type == 1 || t.type == 11)) held = 0;
  if (held != wanted) refuse(fmt::format("tensor '{}' announces {} values but holds {}", name, wanted, held));
}

onnx_tensor read_tensor_proto(std::string_view bytes, const onnx_limits& limits) {
  constexpr const char* where = "a tensor";
  onnx_tensor t;
  typed_data typed;
  std::optional<std::size_t> raw;
  wire_field f;
  for (wire_reader in(bytes, where); in.next(f);) {
    switch (f.number) {
      case 1:
        append_integers(f, where, max_rank + 1, t.dims);
        break;
      case 2:
        t.type = integer_of(f, where);
        break;
      case 4:
      case 5:
      case 7:
      case 10:
      case 11:
        count_values(f, typed);
        break;
      case 6:
        refuse("a tensor of texts is not read");
      case 8:
        t.name = bytes_of(f, where);
        break;
      case 9:
        raw = bytes_of(f, where).size();
        break;
      case 13:
        refuse("the model keeps data in another file (external_data), which is refused: save it as one file");
      case 14:
        if (integer_of(f, where) != 0)
          refuse("the model keeps data in another file (data_location), which is refused: save it as one file");
        break;
      case 3:
        refuse("the model holds a tensor in segments, which is not read");
      default:
        break;
    }
  }
  t.elements = count_elements(t, limits);
  check_data(t, raw, typed);
  return t;
}

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
        a.tensor = read_tensor_proto(bytes_of(f, where), limits);
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
        add(g.initializers, read_tensor_proto(bytes_of(f, where), limits), "initializers", limits);
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
