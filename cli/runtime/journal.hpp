// SPDX-License-Identifier: Apache-2.0
// What is provably done: for each record worked on, a key of everything its result depends on, and what came out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision::cli {

/// SHA-256 as hex. Files are hashed once while their size, times and inode stay the same.
std::string sha256_of(std::string_view bytes);
/// "absent" when it cannot be read.
std::string sha256_of_file(const std::string& path);

/// One file a program and shard, OUT/.medvision/<program>[.I-of-N].journal. Lines are appended with one write each;
/// a line cut by a kill is ignored when read back, and so is one that does not hash to the seal in it.
class journal {
 public:
  /// Reads what is there when `replay`. Throws E_JOURNAL (request) when something other than a file has its name,
  /// E_WRITE (environment). `settings`: program, version, options, dependencies, as one text.
  journal(const std::string& out, const std::string& program_and_shard, std::string settings, bool replay);
  ~journal();

  /// SHA-256 of the settings, the canonical inputs, the bytes of every file they name, and what else a result depends
  /// on.
  [[nodiscard]] std::string key(const std::vector<record>& inputs, std::string_view beside = {}) const;
  struct entry {
    std::vector<std::string> lines, written;
  };
  /// What came out, as it was printed, when the key is known and every file written or also read still hashes the same.
  [[nodiscard]] std::optional<entry> find(const std::string& key) const;
  /// also_read: files that the inputs do not name, and on which the result depends all the same. Called from one thread
  /// at a time.
  void add(const std::string& key, const std::vector<std::string>& lines, const std::vector<std::string>& written,
           const std::vector<std::string>& also_read = {});

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace medvision::cli
