// SPDX-License-Identifier: Apache-2.0
// Are merged shards all of one run? Their records tell by their order, their groups and their steps.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// Sees every record of all shards, in any order. Holds a few bytes for each stretch of orders that follow on each
/// other, so next to nothing where none is missing.
class shard_check {
 public:
  /// names: of the inputs, for sentences.
  explicit shard_check(std::vector<std::string> names);

  void add(std::size_t input, const record& r);

  /// Throws E_INCOMPLETE (request) when a first number of `order` from 0 to the largest met was met in no record, is
  /// not that of a member of a group (of `group.n` members one gives the group its order) and cannot be that of a
  /// record without order. Records that are cut off behind the largest order of all are not seen. Nothing is where a
  /// group is met that does not tell how many cases it stands for: one of groups, of patches or of a page of med-sheet.
  void expect_no_gap() const;
  /// Throws E_SHARDS (request) when two inputs have one list of steps each, and these differ: in a version or options,
  /// or in the programs, the last one's among them; other programs before the same last step may lie before the split.
  /// So does what a third input holds both lists of. Failed records have the steps they came to and are not asked.
  void expect_same_steps() const;
  /// Both.
  void expect_one_run() const { expect_no_gap(), expect_same_steps(); }

 private:
  bool insert(std::int64_t order);

  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> steps_;  ///< of each input the lists of steps met, some at most
  std::map<std::int64_t, std::int64_t> met_;     ///< half-open stretches of orders, by their begin
  std::int64_t explained_ = 0;                   ///< orders that no record has, with a reason
  bool uncounted_ = false;                       ///< a group was met that does not tell how many cases it stands for
};

}  // namespace medvision
