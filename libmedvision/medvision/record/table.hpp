// SPDX-License-Identifier: Apache-2.0
// Records as a table for people: one row a case, columns aligned.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// Columns are as wide as the first `measured` rows need; a later cell that is wider shifts its own row. So a table of
/// any length is held no longer than that.
class record_table {
 public:
  static constexpr std::size_t measured = 10000;
  /// A row: id, size and depth, image, maps with their shapes, and the first problem with how many more there are.
  /// Control characters come out as '?'.
  void add(const record& r, const std::vector<std::string>& problems);
  /// What of the table stands now and was not taken before, with a header line at its beginning: nothing below
  /// `measured` rows, unless the table is `ended`.
  [[nodiscard]] std::string take(bool ended);

 private:
  static constexpr std::size_t columns = 5;
  void add_row(const std::array<std::string, columns>& cells);
  std::string rows_;                           // not taken yet: cells end with '\t', rows with '\n'
  std::size_t count_ = 0;                      // of all rows
  std::array<std::size_t, columns> widths_{};  // characters
};

}  // namespace medvision
