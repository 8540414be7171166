// SPDX-License-Identifier: Apache-2.0
// The measures of a study as columns, one value a case, and the same as a text that merges with others.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// by: fields whose values divide the cases. only: measures wanted, all when empty.
struct case_options {
  std::vector<std::string> by, only;
};

/// Holds 24 bytes a case and 8 a measure; of text only the paths of pools.
class case_table {
 public:
  explicit case_table(case_options options, bool keep_ids = false);
  case_table(case_table&&) noexcept;
  ~case_table();

  void add(const record& r);
  /// Puts all into one order: groups by value, cases by patient and id. Throws E_TOO_LARGE beyond 2^32 - 1 cases.
  void close();

  /// The closed table as lines: a head (version and options), the cases, pools, and a last line that seals them.
  /// shard: "I/N", or "" for all.
  [[nodiscard]] std::string partial(const std::string& version, const std::string& shard) const;
  /// Adds the cases of a partial's text. Throws E_PARTIAL (request) for one that is cut, changed, of another version or
  /// of other options, or sealed but not as `partial` writes. What came before it is then of no use.
  void take_partial(const std::string& text, const std::string& name, const std::string& version);
  /// Of the closed table. Throws (request) E_PARTIAL when partials of a sharded study are missing or there twice,
  /// E_DUPLICATE when a case is.
  void check_partials() const;

  [[nodiscard]] std::uint32_t group_count() const;
  /// Field and value of what the cases of a group share.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> by(std::uint32_t group) const;
  /// Paths of a group's pools, by the feature's name.
  [[nodiscard]] std::map<std::string, std::vector<std::string>> pools(std::uint32_t group) const;
  [[nodiscard]] std::vector<std::string> measures() const;
  [[nodiscard]] std::int64_t failures() const;

  /// The closed table of a manifest, or of partials in any order. Throw as the above, and E_MISSING (request).
  static case_table of_manifest(const std::string& path, const case_options& options);
  static case_table of_partials(const std::vector<std::string>& paths, const case_options& options,
                                const std::string& version);
  /// The cases of a group, in the table's order.
  struct group_cases {
    std::vector<std::uint64_t> patients;
    std::vector<std::uint8_t> failed;
    std::int64_t failures = 0, without_patient = 0;
    [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> counts() const;
  };
  [[nodiscard]] group_cases cases(std::uint32_t group) const;
  /// Their values: NaN where undefined, infinity where the case does not have it (and everywhere, for no measure).
  [[nodiscard]] std::vector<double> values(const std::string& measure, std::uint32_t group) const;
  /// Their sums of several measures; not finite where one lacks.
  [[nodiscard]] std::vector<double> sums(const std::vector<std::string>& measures, std::uint32_t group) const;

  /// Of tables that keep_ids: the cases of the group where both have a value.
  struct paired_values {
    std::vector<std::uint64_t> patients;
    std::vector<double> here, there;
  };
  [[nodiscard]] paired_values pairs(const case_table& other, const std::string& measure, std::uint32_t group) const;
  /// Throws E_IDS (request) naming the first ten ids of each side that the other lacks.
  void check_ids(const case_table& other) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace medvision
