// SPDX-License-Identifier: Apache-2.0
// Rows joined to records by the value of one column.
#include "medvision/record/labels.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "medvision/error.hpp"
#include "medvision/record/given_file.hpp"

namespace medvision {
namespace {

[[noreturn]] void refuse(std::string_view name, std::int64_t line, const std::string& why) {
  throw error("E_CSV", fmt::format("{}: line {}: {}", name, line, why), blame::request);
}

}  // namespace

joined_table::joined_table(csv_table t, std::string_view id_column, std::string name)
    : table_(std::move(t)), name_(std::move(name)) {
  const auto found = std::find(table_.columns.begin(), table_.columns.end(), id_column);
  if (found == table_.columns.end())
    refuse(name_, 1, fmt::format("no column '{}', expected one of {}", id_column, fmt::join(table_.columns, ", ")));
  id_ = std::size_t(found - table_.columns.begin());
  for (const csv_table::row& row : table_.rows) entries_[row.cells[id_]].rows.push_back(&row);
}

std::vector<const csv_table::row*> joined_table::take(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) continue;
    found->second.used = true;
    return found->second.rows;
  }
  return {};
}

std::vector<std::string> joined_table::unused() const {
  std::vector<std::string> ids;
  for (const auto& [id, e] : entries_)
    if (!e.used) ids.push_back(id);
  return ids;
}

namespace {

csv_table read_table(const std::string& path) { return parse_csv(read_given(path, std::size_t{1} << 30), path); }

}  // namespace

joined_table read_joined_table(const std::string& path, std::string_view id_column) {
  return joined_table(read_table(path), id_column, path);
}

std::vector<listed_picture> read_picture_list(const std::string& path, std::string_view id_column) {
  const csv_table table = read_table(path);
  if (std::find(table.columns.begin(), table.columns.end(), "image") == table.columns.end())
    refuse(path, 1, fmt::format("no column 'image' among {}", fmt::join(table.columns, ", ")));
  std::vector<listed_picture> pictures;
  for (const csv_table::row& row : table.rows) {
    listed_picture picture;
    picture.line = row.line;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const std::string &column = table.columns[i], &cell = row.cells[i];
      if (column == "image") picture.path = cell;
      if (column == id_column) picture.id = cell;
      if (column != "image" && column != id_column && !cell.empty())
        picture.labels.emplace_back(column, cell_value(cell));
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

bool add_labels(record& r, joined_table& labels, const std::vector<std::string>& keys) {
  const auto rows = labels.take(keys);
  if (rows.empty()) return false;
  if (rows.size() > 1)
    throw error("E_LABELS", fmt::format("{}: lines {} and {} both have the id '{}', expected one row", labels.name(),
                                        rows[0]->line, rows[1]->line, rows[0]->cells[labels.id_column()]));
  for (std::size_t i = 0; i < labels.columns().size(); ++i) {
    const std::string& cell = rows[0]->cells[i];
    if (i != labels.id_column() && !cell.empty()) r.set_label(labels.columns()[i], cell_value(cell));
  }
  return true;
}

int add_truth_boxes(record& r, joined_table& boxes, const std::vector<std::string>& keys, cv::Size size) {
  const auto& columns = boxes.columns();
  const auto find = [&](std::string_view name) {
    return std::size_t(std::find(columns.begin(), columns.end(), name) - columns.begin());
  };
  const bool relative = find("cx") < columns.size();
  const std::size_t at[] = {find(relative ? "cx" : "x"), find(relative ? "cy" : "y"), find("w"), find("h")};
  const std::size_t class_at = find("class");
  if (class_at == columns.size() || *std::max_element(std::begin(at), std::end(at)) == columns.size())
    refuse(boxes.name(), 1,
           fmt::format("columns {}, expected class and cx, cy, w, h or x, y, w, h", fmt::join(columns, ", ")));
  const auto rows = boxes.take(keys);
  r.start_truth_boxes();
  for (const csv_table::row* row : rows) {
    double v[4];
    for (int i = 0; i < 4; ++i) {
      const std::string& cell = row->cells[at[i]];
      const auto number = number_of(cell);
      if (!number || (i >= 2 && *number <= 0))
        throw error("E_BOX", fmt::format("{}: line {}: {} is '{}', expected a {}number", boxes.name(), row->line,
                                         columns[at[i]], cell, i >= 2 ? "positive " : ""));
      v[i] = relative ? *number * (i % 2 == 0 ? size.width : size.height) : *number;
    }
    if (relative) v[0] -= v[2] / 2, v[1] -= v[3] / 2;
    r.add_truth_box({{v[0], v[1], v[2], v[3]}, row->cells[class_at]});
  }
  return int(rows.size());
}

std::map<std::string, double> scores_and_labels(const record& r) {
  std::map<std::string, double> all = r.scores();
  for (const auto& [name, text] : r.labels())
    if (const auto number = number_of(text)) all.emplace(name, *number);
  return all;
}

}  // namespace medvision
