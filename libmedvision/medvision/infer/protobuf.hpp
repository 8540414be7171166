// SPDX-License-Identifier: Apache-2.0
// What does this run of bytes hold? One message of the protobuf wire format, walked field by field.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace medvision {

/// One field as it stands on the wire.
struct wire_field {
  enum class kind { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
  std::uint32_t number = 0;
  kind type = kind::varint;
  std::uint64_t value = 0;  ///< of varint, fixed64 and fixed32
  std::string_view bytes;   ///< of bytes: a view into the message
};

/// Walks one message, never below it: a caller opens an inner message with a reader of its own, so the depth is the
/// caller's and is fixed by what it knows. No allocation. Every throw is E_MODEL with blame request.
/// Source: protobuf encoding specification (wire types 0, 1, 2 and 5; groups are refused, ONNX has none).
class wire_reader {
 public:
  /// bytes: the message. where: what it is, for the sentence ("a node", "the graph"); must outlive the reader.
  wire_reader(std::string_view bytes, const char* where) : rest_(bytes), where_(where) {}

  /// The next field, false at the end. Throws when the message is cut or the field is of no known wire type.
  bool next(wire_field& out);

 private:
  std::uint64_t varint();
  std::string_view take(std::uint64_t size);
  std::string_view rest_;
  const char* where_;
};

/// The bytes of a text or message field. Throws when the field is a number instead.
std::string_view bytes_of(const wire_field& f, const char* where);

/// The number of a varint field. Throws when the field is of another type.
std::int64_t integer_of(const wire_field& f, const char* where);

/// Appends a repeated integer field, packed or not, at most `cap` values in all. Throws beyond the cap.
void append_integers(const wire_field& f, const char* where, std::size_t cap, std::vector<std::int64_t>& out);

}  // namespace medvision
