// SPDX-License-Identifier: Apache-2.0
#include "medvision/infer/onnx_shape.hpp"

#include <cstdint>

#include "medvision/infer/protobuf.hpp"

namespace medvision {
namespace {

constexpr const char* where = "an input";

void write_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void write_little_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void write(std::string& out, const wire_field& f) {
  write_varint(out, std::uint64_t(f.number) << 3 | static_cast<std::uint64_t>(f.type));
  switch (f.type) {
    case wire_field::kind::varint:
      return write_varint(out, f.value);
    case wire_field::kind::fixed64:
      return write_little_endian(out, f.value, 8);
    case wire_field::kind::fixed32:
      return write_little_endian(out, f.value, 4);
    case wire_field::kind::bytes:
      write_varint(out, f.bytes.size());
      out += f.bytes;
  }
}

/// A message whose fields of this number are replaced by what `change` makes of each.
template <class F>
std::string rewrite(std::string_view message, std::uint32_t number, F change) {
  std::string out;
  wire_field f;
  for (wire_reader in(message, where); in.next(f);) {
    std::string inner;
    if (f.number == number) {
      inner = change(bytes_of(f, where));
      f.bytes = inner;
    }
    write(out, f);
  }
  return out;
}

std::string close_axis(std::string_view axis, int size) {
  std::string out;
  bool open = true;
  wire_field f;
  for (wire_reader in(axis, where); in.next(f);) {
    if (f.number == 1) open = false;
    if (f.number != 2) write(out, f);
  }
  if (!open) return std::string(axis);
  write(out, {1, wire_field::kind::varint, static_cast<std::uint64_t>(size), {}});
  return out;
}

std::string close_shape(std::string_view shape, cv::Size picture) {
  std::size_t axes = 0, at = 0;
  wire_field f;
  for (wire_reader in(shape, where); in.next(f);) axes += f.number == 1 ? 1 : 0;
  return rewrite(shape, 1, [&](std::string_view axis) {
    const std::size_t from_end = axes - at++;
    return close_axis(axis, axes != 4 || from_end > 2 ? 1 : from_end == 2 ? picture.height : picture.width);
  });
}

}  // namespace

std::string close_axes(std::string_view onnx, cv::Size picture) {
  // ModelProto.graph, GraphProto.input, ValueInfoProto.type, TypeProto.tensor_type, TypeProto.Tensor.shape
  return rewrite(onnx, 7, [&](std::string_view graph) {
    return rewrite(graph, 11, [&](std::string_view input) {
      return rewrite(input, 2, [&](std::string_view type) {
        return rewrite(type, 1, [&](std::string_view tensor) {
          return rewrite(tensor, 2, [&](std::string_view shape) { return close_shape(shape, picture); });
        });
      });
    });
  });
}

}  // namespace medvision
