// SPDX-License-Identifier: Apache-2.0
// What a study found, as one document: JSON by study.schema.json, an aligned table for people, CSV for a spreadsheet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// Numbers by name, in the order printed; nothing is an undefined one.
using figure_values = std::vector<std::pair<std::string, std::optional<double>>>;

/// A quantity and all that is said of it; `why` tells what made a value undefined, "" when nothing did.
struct study_figure {
  std::string name;
  figure_values values;
  std::string why;
};

/// A number that ran over becomes undefined, with its reason: one figure must not cost the others of a study.
void keep_finite(study_figure& f);

/// Integers of cases by true label (row) and predicted label (column).
struct study_confusion {
  std::vector<std::string> labels;
  std::vector<std::int64_t> counts;
};

/// Points of two numbers, named x and y; none, and why, where the curve is undefined.
struct study_curve {
  std::string name, x, y;
  std::vector<std::array<double, 2>> points;
  std::string why;
};

/// The cases that share the values `by`; one group without `by` when nothing divides them.
struct study_group {
  std::vector<std::pair<std::string, std::string>> by;
  std::vector<std::pair<std::string, std::int64_t>> counts;  ///< n, failed, …
  std::vector<study_figure> figures;                         ///< names differ
  std::optional<study_confusion> confusion;
  std::vector<study_curve> curves = {};  ///< names differ
};

struct study {
  std::string program, version;
  std::vector<std::pair<std::string, step_value>> options;
  std::vector<study_group> groups;
};

/// One JSON object, a line a figure or curve. Numbers shortest round-trip. Throws E_NONFINITE.
std::string study_json(const study& s);

/// A text of study_json back. Unknown members are left out. name: of the text, for sentences. Throws (request) E_JSON,
/// and E_STUDY for what is no study by study.schema.json, with the place and what it holds.
study parse_study(std::string_view text, const std::string& name);

/// A block a group; four decimals below 10000. Figures that say the same things share a header.
std::string study_table(const study& s);

/// RFC 4180: a line a figure, a column a value, shortest round-trip; counts are the line "cases" of each group.
/// Confusion tables and curves are left out.
std::string study_csv(const study& s);

}  // namespace medvision
