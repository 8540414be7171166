// SPDX-License-Identifier: Apache-2.0
// Where does each element of a JSON array begin and end? One at a time, so that an array of any length is read in the
// memory of its longest element, and a broken element costs as few of its neighbours as can be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "medvision/record/json_text.hpp"
#include "medvision/record/manifest_bytes.hpp"

namespace medvision {

/// One element as text, not looked into.
struct array_item {
  std::string_view text;  ///< good until the next
  std::string problem;    ///< why there is no text: an element that is missing, an array that does not end, …
  bool too_long = false;  ///< and so there is no text
  json_place begin;       ///< in the file
};

/// The elements of one array that begins at the next byte, '['.
///   in, longest   the bytes; the largest element that is held, bytes.
///   line          of the '[' in its file, from 1.
/// A broken element ends at the comma after it, as far as its quotes and brackets allow: a line end closes a text, a
/// bracket closes what was opened within it. What stands behind the array, and an array cut off, are items with a
/// problem.
class array_items {
 public:
  array_items(manifest_bytes& in, std::size_t longest, std::int64_t line) : in_(in), text_(longest), at_{line, 1} {}

  /// nullopt after the last.
  std::optional<array_item> next();

 private:
  enum class state { before, within, behind, done };
  void take(std::size_t count);
  int peek_past_blanks();
  void cut();
  bool ends_at(char c);
  void close(char opened);
  [[nodiscard]] bool is_open(char opened) const { return deeper_ > 0 || open_.find(opened) != std::string::npos; }
  [[nodiscard]] bool is_whole() const { return open_.empty() && !in_string_; }

  manifest_bytes& in_;
  capped_text text_;
  json_place at_;
  state state_ = state::before;
  std::string open_;         // brackets of the element that are open, the outermost first
  std::int64_t deeper_ = 0;  // how many more, of which only the number is kept
  bool in_string_ = false, escaped_ = false;
};

}  // namespace medvision
