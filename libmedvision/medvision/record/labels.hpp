// SPDX-License-Identifier: Apache-2.0
// What the user knows about cases, from CSV files: labels and boxes, joined to records by a column.
#pragma once

#include <cstdint>
#include <map>
#include <opencv2/core/types.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "medvision/record/csv.hpp"
#include "medvision/record/record.hpp"

namespace medvision {

/// Rows by their id.
class joined_table {
 public:
  joined_table() = default;
  /// Throws E_CSV (request) when there is no such column, naming those there are.
  joined_table(csv_table t, std::string_view id_column, std::string name);
  joined_table(joined_table&&) = default;  // the entries point into the table, so there is no copy
  joined_table& operator=(joined_table&&) = default;

  [[nodiscard]] bool empty() const { return table_.columns.empty(); }
  [[nodiscard]] const std::vector<std::string>& columns() const { return table_.columns; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t id_column() const { return id_; }

  /// The rows of the first of `keys` that has any (id, stem, file name), in the file's order; they count as used.
  std::vector<const csv_table::row*> take(const std::vector<std::string>& keys);
  /// Ids of which no row was taken, sorted.
  [[nodiscard]] std::vector<std::string> unused() const;

 private:
  struct entry {
    std::vector<const csv_table::row*> rows;
    bool used = false;
  };
  csv_table table_;
  std::string name_;
  std::size_t id_ = 0;
  std::map<std::string, entry> entries_;
};

/// The table of a file. Throws E_MISSING (cannot be read) and E_TOO_LARGE (over 1 GiB), both request, and as above.
joined_table read_joined_table(const std::string& path, std::string_view id_column);

/// A row of a list of pictures: the path in the column `image`, the id in the column that names it, where there is one,
/// and every other cell that is not empty as a label.
struct listed_picture {
  std::string path;
  std::optional<std::string> id;
  std::vector<std::pair<std::string, step_value>> labels;
  std::int64_t line = 0;  ///< of the file; 0: not from a list
};

/// The rows of a CSV file in its order. Throws (request) E_CSV also when there is no column `image`, E_MISSING and
/// E_TOO_LARGE as read_joined_table.
std::vector<listed_picture> read_picture_list(const std::string& path, std::string_view id_column);

/// Labels of the record: every column but the id's, empty cells left out. False when there is no row. Throws E_LABELS
/// when several rows have one of the keys first met.
bool add_labels(record& r, joined_table& labels, const std::vector<std::string>& keys);

/// Truth boxes of the record, whose source has `size` pixels: column class, and cx, cy, w, h (centre and size as shares
/// of width and height) or x, y, w, h (pixels, left and top corner). Boxes are kept as they are, also where they
/// overhang. Returns how many. Throws E_CSV (request) when the columns are missing, E_BOX when a cell is no number or a
/// box has no area.
int add_truth_boxes(record& r, joined_table& boxes, const std::vector<std::string>& keys, cv::Size size);

/// What was said of a case in numbers: its scores, and those labels that are numbers and no score has the name of. So a
/// reader's opinion, or another program's, comes from a CSV file.
std::map<std::string, double> scores_and_labels(const record& r);

}  // namespace medvision
