// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/json_leaf.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>

namespace medvision {
namespace {

// A letter of two to four bytes, by the table of well-formed UTF-8: no surrogates, nothing longer than it need be.
bool skip_letter(const char*& at, const char* end) {
  const auto follows = [at](int i, unsigned low, unsigned high) {
    const auto byte = static_cast<unsigned char>(at[i]);
    return byte >= low && byte <= high;
  };
  const unsigned first = static_cast<unsigned char>(*at);
  const int size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (first < 0xC2 || first > 0xF4 || end - at < size) return false;
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (!follows(1, low, high)) return false;
  for (int i = 2; i < size; ++i)
    if (!follows(i, 0x80, 0xBF)) return false;
  at += size;
  return true;
}

bool read_hexadecimal(const char*& at, const char* end, unsigned& unit) {
  if (end - at < 4) return false;
  const auto [last, problem] = std::from_chars(at, at + 4, unit, 16);
  if (problem != std::errc{} || last != at + 4) return false;
  at = last;
  return true;
}

// What follows \u: one unit of UTF-16, or the two of a pair.
bool read_code(const char*& at, const char* end, std::string& out) {
  unsigned code = 0, second = 0;
  if (!read_hexadecimal(at, end, code) || (code >= 0xDC00 && code <= 0xDFFF)) return false;
  if (code >= 0xD800 && code <= 0xDBFF) {
    if (end - at < 2 || at[0] != '\\' || at[1] != 'u') return false;
    at += 2;
    if (!read_hexadecimal(at, end, second) || second < 0xDC00 || second > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
  }
  const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;  // bytes after the first
  constexpr unsigned marks[] = {0, 0xC0, 0xE0, 0xF0};
  out += char(marks[more] | (code >> (6 * more)));
  for (int i = more; i-- > 0;) out += char(0x80 | ((code >> (6 * i)) & 0x3F));
  return true;
}

bool read_escape(const char*& at, const char* end, std::string& out) {
  constexpr std::string_view spelt = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
  if (at == end) return false;
  const char c = *at++;
  if (c == 'u') return read_code(at, end, out);
  const std::size_t which = spelt.find(c);
  if (which == std::string_view::npos) return false;
  out += meant[which];
  return true;
}

bool skip_digits(const char*& at, const char* end) {
  const char* begin = at;
  while (at != end && *at >= '0' && *at <= '9') ++at;
  return at != begin;
}

template <class T>
bool convert(const char* begin, const char* end, ordered_json& out) {
  T value{};
  const auto [last, problem] = std::from_chars(begin, end, value);
  if (problem != std::errc{} || last != end) return false;
  out = value;
  return true;
}

}  // namespace

bool read_string(const char*& at, const char* end, std::string& out) {
  ++at;
  for (;;) {
    const char* plain = at;
    while (at != end && static_cast<unsigned char>(*at) >= 0x20 && *at != '"' && *at != '\\') {
      if (static_cast<unsigned char>(*at) < 0x80)
        ++at;
      else if (!skip_letter(at, end))
        return false;
    }
    if (at == end || static_cast<unsigned char>(*at) < 0x20) return false;
    out.append(plain, at);
    if (*at++ == '"') return true;
    if (!read_escape(at, end, out)) return false;
  }
}

bool read_number(const char*& at, const char* end, ordered_json& out) {
  const char* begin = at;
  const bool negative = *at == '-';
  if (negative) ++at;
  const char* first = at;
  if (!skip_digits(at, end) || (*first == '0' && at - first > 1)) return false;
  bool whole = true;
  if (at != end && *at == '.') {
    whole = false;
    ++at;
    if (!skip_digits(at, end)) return false;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    whole = false;
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!skip_digits(at, end)) return false;
  }
  if (whole && (negative ? convert<std::int64_t>(begin, at, out) : convert<std::uint64_t>(begin, at, out))) return true;
  return convert<double>(begin, at, out);
}

}  // namespace medvision
