// SPDX-License-Identifier: Apache-2.0
// Tables of numbers too long to hold all at once: an .npy of N×3 doubles, written whole and read row by row.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace medvision {

using number_row = std::array<double, 3>;

/// Writes N×3 64F as atomic_file does; no row becomes one row of zeros, since a tensor has values. Throws E_WRITE.
void write_rows(const std::string& path, std::span<const number_row> rows);

/// Reads the rows in turn. Between reads the file is closed, so that any number of readers may live at once; each
/// holds `buffer_rows` rows.
class rows_reader {
 public:
  /// Throws as probe_tensor, and E_SHAPE when the file holds other than N×3 64F.
  rows_reader(std::string path, std::size_t buffer_rows);
  /// The next row, or nothing at the end. Throws E_MISSING, E_READ, E_TRUNCATED, E_NONFINITE (naming the row).
  std::optional<number_row> next();

 private:
  std::string path_;
  std::size_t buffer_rows_, offset_ = 0, rows_ = 0, read_ = 0, at_ = 0;
  std::vector<number_row> buffer_;
};

/// Readers of many files that share `rows` rows of memory, 16 a file at least.
std::vector<std::function<std::optional<number_row>()>> open_rows(const std::vector<std::string>& paths,
                                                                  std::size_t rows = std::size_t{1} << 21);

}  // namespace medvision
