// SPDX-License-Identifier: Apache-2.0
// A stream of records: one JSON object a line, or a file that holds one array of them.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// Reads records one by one. A UTF-8 byte-order mark, CR LF, empty lines and a missing last line end are accepted.
/// A line that is no record comes back as the failed record "line-<n>" (n counts from 1), so that nothing is lost;
/// `by` names the program in it. Lines longer than 16 MiB are such failures, and are not held in memory;
/// one longer than 1 GiB is of no manifest, and ends the reading by E_LIMIT (request). The elements of an array are
/// read one by one as lines are: what stands before a broken element or the place of a cut is well.
class manifest_reader {
 public:
  manifest_reader(std::istream& in, std::string by);
  ~manifest_reader();

  /// The next record, or nullopt at the end. Throws E_READ (environment) when the stream breaks.
  std::optional<record> next();
  /// The line the last record came from, from 1 (its index in the array, for an array).
  [[nodiscard]] std::int64_t line() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Throws by errno why it cannot be opened: E_READ (environment) for too many open files or no memory, else E_MISSING
/// (request), for a folder too.
std::ifstream open_manifest(const std::string& path);

/// Shows all records of a manifest that an option names, "-" being standard input. Throws as open_manifest and
/// manifest_reader.
void read_manifest(const std::string& path, const std::string& by, const std::function<void(record)>& see);

/// True when the file begins (after blanks and a byte-order mark) with '{' or '[', or is empty: a manifest, not an
/// image.
bool looks_like_manifest(const std::string& path);

}  // namespace medvision
