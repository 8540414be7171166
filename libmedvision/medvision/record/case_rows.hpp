// SPDX-License-Identifier: Apache-2.0
// What a case_table holds. For the record room only.
#pragma once

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <string_view>

#include "medvision/record/case_table.hpp"

namespace medvision {

/// The last line of a partial whose other lines are `body`: their number and hash, with its line end.
std::string partial_seal(std::string_view body);

/// A case: hashes (FNV-1a-64) of its patient (record::shard_hash) and of its id, its group, and what it lacks.
struct case_row {
  std::uint64_t patient = 0, id = 0;
  std::uint32_t group = 0;
  bool failed = false, has_patient = true;
  bool repeat = false;  ///< failed because its id had come before
};

/// A file of counts by score, named by a record.
struct pool_file {
  std::uint32_t group = 0;
  std::string name, path;
};

struct case_table::state {
  static constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  static constexpr double absent = std::numeric_limits<double>::infinity();

  case_options options;
  bool keep_ids = false;
  /// Deques grow without holding everything twice.
  std::deque<case_row> rows;
  std::vector<std::string> ids;
  std::vector<std::vector<std::string>> groups;
  std::map<std::vector<std::string>, std::uint32_t> group_numbers;
  std::map<std::string, std::deque<double>> columns;
  std::vector<pool_file> pools;
  std::multiset<std::string> shards;

  std::uint32_t group_of(const std::vector<std::string>& values) {
    const auto [it, fresh] = group_numbers.try_emplace(values, std::uint32_t(groups.size()));
    if (fresh) groups.push_back(values);
    return it->second;
  }
  [[nodiscard]] std::size_t rows_of(std::uint32_t group) const {
    return std::size_t(
        std::count_if(rows.begin(), rows.end(), [group](const case_row& r) { return r.group == group; }));
  }
  /// A line of a partial after its head. numbers: of the groups here, in the head's order.
  void take_line(std::string_view line, const std::vector<std::deque<double>*>& its_columns,
                 const std::vector<std::uint32_t>& numbers);
};

}  // namespace medvision
