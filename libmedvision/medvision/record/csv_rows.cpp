// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/csv_rows.hpp"

#include <fmt/format.h>

#include <set>

#include "medvision/error.hpp"
#include "medvision/record/csv.hpp"

namespace medvision {
namespace {

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2U : 1U, c);
  return quoted + '"';
}

std::string rounded(const std::string& text, int decimals) {
  // Whole numbers are counts and names; they keep their form.
  if (decimals < 0 || text.find_first_of(".e") == std::string::npos) return text;
  const auto number = number_of(text);
  return number ? fmt::format("{:.{}f}", *number, decimals) : text;
}

std::string line_of(const std::vector<std::string>& cells) { return fmt::format("{}\n", fmt::join(cells, ",")); }

}  // namespace

std::vector<csv_column> csv_columns(const std::vector<std::string>& words) {
  if (words.empty()) throw error("E_OPTION", "say --columns NAME=FIELD,...: what the table shows", blame::request);
  std::vector<csv_column> columns;
  std::set<std::string> names;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals),
                      field = equals == std::string::npos ? word : word.substr(equals + 1);
    if (name.empty() || field.empty())
      throw error("E_OPTION", fmt::format("'{}' is no column: NAME=FIELD or FIELD is", word), blame::request);
    if (!names.insert(name).second)
      throw error("E_OPTION", fmt::format("two columns are called '{}'", name), blame::request);
    columns.push_back({name, field});
  }
  return columns;
}

std::string csv_header(const std::vector<csv_column>& columns) {
  std::vector<std::string> cells;
  for (const csv_column& c : columns) cells.push_back(cell(c.name));
  return line_of(cells);
}

std::string csv_row(const record& r, const std::vector<csv_column>& columns, int decimals) {
  std::vector<std::string> cells;
  for (const csv_column& c : columns) cells.push_back(cell(rounded(r.text(c.field).value_or(""), decimals)));
  return line_of(cells);
}

}  // namespace medvision
