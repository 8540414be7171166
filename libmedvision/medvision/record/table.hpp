// SPDX-License-Identifier: Apache-2.0
// Records as a table for people: one row a case, columns aligned.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// Holds about as many bytes as it prints.
class record_table {
 public:
  /// A row: id, size and depth, image, maps with their shapes, and the first problem with how many more there are.
  /// Control characters come out as '?'.
  void add(const record& r, const std::vector<std::string>& problems);
  /// The table with a header line; "" without rows.
  [[nodiscard]] std::string text() const;

 private:
  static constexpr std::size_t columns = 5;
  void add_row(const std::array<std::string, columns>& cells);
  std::string rows_;                           // cells end with '\t', rows with '\n'
  std::array<std::size_t, columns> widths_{};  // characters
};

}  // namespace medvision
