// SPDX-License-Identifier: Apache-2.0
// The options that every program with a study has, and the document it prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/runtime/command.hpp"
#include "cli/runtime/document.hpp"
#include "medvision/record/study.hpp"

namespace medvision::cli {

struct study_output {
  int replicates = 0;  ///< of bootstrap intervals; 0: none
  std::int64_t seed = 1;
  double level = 0.95;
  bool table = false, csv = false;

  /// Adds --bootstrap, --seed, --level, --table and --csv.
  void declare(command& program);
  /// Threads for the replicates: --jobs, or the processors there are. They change no result.
  [[nodiscard]] int threads(const command& program) const;
  /// The document in the form asked for.
  [[nodiscard]] std::string print(const command& program, std::vector<study_group> groups) const;
};

}  // namespace medvision::cli
