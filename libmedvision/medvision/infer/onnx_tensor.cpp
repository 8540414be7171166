// SPDX-License-Identifier: Apache-2.0
// TensorProto: dims, type and how many values its data hold.
#include "medvision/infer/onnx_tensor.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "medvision/error.hpp"
#include "medvision/infer/protobuf.hpp"

namespace medvision {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_MODEL", sentence, blame::request); }

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

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 80)) out.push_back(c >= 0x20 && c < 0x7F ? c : '?');
  return out;
}

onnx_tensor read_onnx_tensor(std::string_view bytes, const onnx_limits& limits) {
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

}  // namespace medvision
