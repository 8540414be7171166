// SPDX-License-Identifier: Apache-2.0
// Records as rows for a spreadsheet: fields that the user names, a column each.
#pragma once

#include <string>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

struct csv_column {
  std::string name, field;  ///< what stands above it; where it lies: "id", "tags.side", "scores.fusion.malignant"
};

/// words: {"NAME=FIELD", "FIELD", …}; a FIELD alone is its own name. returns: a column each, in that order. throws:
/// E_OPTION (request): no column, an empty name or field, a name twice.
std::vector<csv_column> csv_columns(const std::vector<std::string>& words);

/// The line of names, and the line of one record, each with its line end. Cells that hold a comma, a quotation mark or
/// a line end stand in quotation marks (RFC 4180); a field that the record lacks is an empty cell. decimals: after the
/// point of numbers that are not whole; -1: as many as they have.
std::string csv_header(const std::vector<csv_column>& columns);
std::string csv_row(const record& r, const std::vector<csv_column>& columns, int decimals);

}  // namespace medvision
