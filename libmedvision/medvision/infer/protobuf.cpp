// SPDX-License-Identifier: Apache-2.0
// The protobuf wire format, read with every length checked against what is left.
#include "medvision/infer/protobuf.hpp"

#include <fmt/format.h>

#include "medvision/error.hpp"

namespace medvision {
namespace {

[[noreturn]] void broken(const char* where, const char* what) {
  throw error("E_MODEL", fmt::format("the model is not a whole ONNX file: {} in {}", what, where), blame::request);
}

}  // namespace

std::uint64_t wire_reader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (rest_.empty()) broken(where_, "it ends inside a number");
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  broken(where_, "there is a number of more than 64 bits");
}

std::string_view wire_reader::take(std::uint64_t size) {
  if (size > rest_.size()) broken(where_, "it ends inside a field");
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

bool wire_reader::next(wire_field& out) {
  if (rest_.empty()) return false;
  const std::uint64_t key = varint();
  const std::uint64_t number = key >> 3;
  if (number == 0 || number > 0x1FFFFFFF) broken(where_, "there is a field without a valid number");
  out = {};
  out.number = static_cast<std::uint32_t>(number);
  out.type = static_cast<wire_field::kind>(key & 7);
  const auto little_endian = [](std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    return value;
  };
  switch (out.type) {
    case wire_field::kind::varint:
      out.value = varint();
      break;
    case wire_field::kind::fixed64:
      out.value = little_endian(take(8));
      break;
    case wire_field::kind::bytes:
      out.bytes = take(varint());
      break;
    case wire_field::kind::fixed32:
      out.value = little_endian(take(4));
      break;
    default:
      broken(where_, "there is a field of an unknown type");
  }
  return true;
}

std::string_view bytes_of(const wire_field& f, const char* where) {
  if (f.type != wire_field::kind::bytes) broken(where, "there is a number where a text or a message belongs");
  return f.bytes;
}

std::int64_t integer_of(const wire_field& f, const char* where) {
  if (f.type != wire_field::kind::varint) broken(where, "there is something else where a whole number belongs");
  return static_cast<std::int64_t>(f.value);
}

void append_integers(const wire_field& f, const char* where, std::size_t cap, std::vector<std::int64_t>& out) {
  const auto push = [&](std::int64_t value) {
    if (out.size() >= cap) broken(where, "there is a list longer than any network needs");
    out.push_back(value);
  };
  if (f.type != wire_field::kind::bytes) return push(integer_of(f, where));
  // A packed list is a run of varints; a reader would take them for keys, so they are decoded here.
  std::uint64_t value = 0;
  int shift = 0;
  for (const char c : f.bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (shift > 63 || (shift == 63 && byte > 1)) broken(where, "there is a number of more than 64 bits");
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    shift += 7;
    if (byte >= 0x80) continue;
    push(static_cast<std::int64_t>(value));
    value = 0;
    shift = 0;
  }
  if (shift != 0) broken(where, "a list ends inside a number");
}

}  // namespace medvision
