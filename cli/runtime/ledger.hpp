// SPDX-License-Identifier: Apache-2.0
// Which record of this run reads which file, and which one wrote it: what one record names as input no other may
// write, and no two write one file. The answers do not depend on how many records are in hand.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace medvision::cli {

/// Records are known by their place in the run, from 0. Safe from many threads.
class ledger {
 public:
  enum class claim_answer { granted, is_input, is_taken };

  /// `path` is named as input by a record whose place is not known yet.
  void foresee(const std::string& path);
  /// In the order of the run: the record at `place` reads `inputs`, and names what it writes after `stem` (a path below
  /// --out). True when a record in hand might write the same files, so that this one's work has to wait for its turn to
  /// be put out: one stem is then the other's beginning, up to a dot or slash.
  bool enter(std::int64_t place, const std::string& stem, const std::vector<std::string>& inputs);
  /// The record is no longer in hand.
  void leave(std::int64_t place);

  /// The record at `place` wants to write `path`. Refused when a record up to it, or one foreseen, names the file as
  /// input, or when another record wrote it.
  claim_answer claim(std::int64_t place, const std::string& path);
  /// `path` was not written after all.
  void release(std::int64_t place, const std::string& path);
  /// The first of `inputs` that a record before `place` wrote, when all of those have been put out.
  std::optional<std::string> written_before(std::int64_t place, const std::vector<std::string>& inputs);

 private:
  using name = std::uint64_t;  ///< of a path, hashed: there may be millions
  name name_of(const std::string& path);
  std::vector<name> names_read(const std::string& path);

  std::mutex mutex_;
  std::unordered_map<name, std::int64_t> readers_, writers_;  ///< the first reader; -1 for one foreseen
  std::unordered_map<std::int64_t, std::string> in_hand_;
  std::unordered_map<std::string, std::string> folders_;  ///< as named, to without links
};

}  // namespace medvision::cli
