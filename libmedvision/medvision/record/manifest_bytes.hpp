// SPDX-License-Identifier: Apache-2.0
// The bytes of a manifest as they come, and a text of them that does not grow without end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdio>
#include <istream>
#include <string>
#include <string_view>

namespace medvision {

/// What a stream has ready when asked, and no more: a pipe may be slow. A buffer says by std::ios_base::failure that
/// reading failed; it leaves these functions as it is.
class manifest_bytes {
 public:
  explicit manifest_bytes(std::istream& in) : in_(in) {}

  /// What is there and not taken yet, one byte at least; empty at the end only.
  std::string_view ready();
  /// Takes the first `count` bytes of what is ready.
  void take(std::size_t count) { at_ += count; }
  /// The next byte, left where it is; EOF at the end.
  int peek();

 private:
  std::istream& in_;
  std::array<char, 65536> chunk_{};
  const char *at_ = nullptr, *end_ = nullptr;
};

/// A text in parts, up to `most` bytes; a longer one is not held, and one beyond 1 GiB, a sparse file for instance, is
/// not waited for: add() throws E_LIMIT (request).
class capped_text {
 public:
  explicit capped_text(std::size_t most) : most_(most) {}
  void add(std::string_view part);
  void clear();
  [[nodiscard]] bool too_long() const { return too_long_; }
  /// Empty when it is too long.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::size_t most_;
  std::string text_;
  std::size_t seen_ = 0;
  bool too_long_ = false;
};

/// Space, tab, line feed or carriage return: what JSON lets stand between values.
inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace medvision
