// SPDX-License-Identifier: Apache-2.0
// Small ONNX files made in tests, right ones and wrong ones: protobuf fields joined as text.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace onnx_writer {

inline std::string varint(std::uint64_t v) {
  std::string out;
  for (; v >= 0x80; v >>= 7) out += static_cast<char>(v | 0x80);
  out.push_back(static_cast<char>(v));
  return out;
}
inline std::string number(int field, std::int64_t v) {
  return varint(std::uint64_t(field) << 3) + varint(std::uint64_t(v));
}
inline std::string text(int field, const std::string& s) {
  return varint(std::uint64_t(field) << 3 | 2) + varint(s.size()) + s;
}

inline std::string raw(const std::vector<float>& values) {
  std::string bytes(values.size() * 4, '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}
inline std::string tensor(const std::string& name, const std::vector<std::int64_t>& dims,
                          const std::vector<float>& values) {
  std::string out;
  for (const auto d : dims) out += number(1, d);
  return out + number(2, 1) + text(8, name) + text(9, raw(values));
}
inline std::string int_tensor(const std::string& name, const std::vector<std::int64_t>& values) {
  std::string packed;
  for (const auto v : values) packed += varint(std::uint64_t(v));
  return number(1, std::int64_t(values.size())) + number(2, 7) + text(7, packed) + text(8, name);
}

inline std::string ints(const std::string& name, const std::vector<std::int64_t>& values) {
  std::string out = text(1, name) + number(20, 7);
  for (const auto v : values) out += number(8, v);
  return text(5, out);
}
inline std::string word(const std::string& name, const std::string& value) {
  return text(5, text(1, name) + text(4, value) + number(20, 3));
}
inline std::string whole(const std::string& name, std::int64_t value) {
  return text(5, text(1, name) + number(3, value) + number(20, 2));
}

inline std::string node(const std::string& op, const std::vector<std::string>& in, const std::vector<std::string>& out,
                        const std::string& attributes = {}, const std::string& name = "n") {
  std::string bytes;
  for (const auto& i : in) bytes += text(1, i);
  for (const auto& o : out) bytes += text(2, o);
  return text(1, bytes + text(3, name) + text(4, op) + attributes);
}

/// A 4-D float port; 0: an axis left open.
inline std::string port(const std::string& name, const std::vector<std::int64_t>& shape) {
  std::string dims;
  for (const auto d : shape) dims += text(1, d == 0 ? text(2, "open") : number(1, d));
  return text(1, name) + text(2, text(1, number(1, 1) + text(2, dims)));
}
inline std::string initializer(const std::string& t) { return text(5, t); }
inline std::string input(const std::string& p) { return text(11, p); }
inline std::string output(const std::string& p) { return text(12, p); }
inline std::string model(const std::string& graph) {
  return number(1, 6) + text(8, number(2, 11)) + text(7, graph + text(2, "g"));
}

/// One k×k convolution without bias, `image` (N×1×H×W) to `map`; pad 0 is a valid one.
inline std::string convolution(const std::vector<float>& kernel, int k, int pad) {
  return model(node("Conv", {"image", "w"}, {"map"},
                    ints("kernel_shape", {k, k}) + ints("pads", {pad, pad, pad, pad}) + ints("strides", {1, 1})) +
               initializer(tensor("w", {1, 1, k, k}, kernel)) + input(port("image", {0, 1, 0, 0})) +
               output(port("map", {0, 1, 0, 0})));
}

}  // namespace onnx_writer
