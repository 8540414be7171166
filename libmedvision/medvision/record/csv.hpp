// SPDX-License-Identifier: Apache-2.0
// Comma-separated values: text to named columns and rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// A CSV file by RFC 4180: the first line names the columns.
struct csv_table {
  struct row {
    std::int64_t line = 0;  ///< where it begins in the file, from 1
    std::vector<std::string> cells;
  };
  std::vector<std::string> columns;
  std::vector<row> rows;
};

/// Reads comma-separated text: cells in double quotes may hold commas, line ends and doubled quotes; a byte-order mark,
/// CR LF, empty lines and a missing last line end are accepted. Throws E_CSV (request) with `name` and the line: no
/// column, a column without name or twice, a row of another length, a quote that does not end or stands within a cell,
/// bytes that are no UTF-8.
csv_table parse_csv(std::string_view text, std::string_view name);

/// A cell as a label: a whole number (up to 2^53, without leading zeros) or a decimal one becomes a number, anything
/// else stays text.
step_value cell_value(std::string_view cell);

/// The number a cell is as a whole; nullopt for anything else, NaN and infinity among it.
std::optional<double> number_of(std::string_view cell);

}  // namespace medvision
