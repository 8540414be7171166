// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/study_output.hpp"

#include "cli/runtime/stream.hpp"

namespace medvision::cli {

void study_output::declare(command& program) {
  program.add("--bootstrap", replicates, "replicates of intervals that resample patients; 0: no intervals", 0, 1000000)
      .called("N");
  program.add("--seed", seed, "of the replicates", 0, std::int64_t{1} << 53).called("N");
  program.add("--level", level, "of the intervals", 0.5, 0.9999).called("SHARE");
  program.add("--table", table, "print a table for people").without_effect_on_results();
  program.add("--csv", csv, "print CSV for a spreadsheet").without_effect_on_results();
}

int study_output::threads(const command& program) const { return jobs_of(program.common.jobs); }

std::string study_output::print(const command& program, std::vector<study_group> groups) const {
  for (study_group& g : groups)
    for (study_figure& f : g.figures) keep_finite(f);
  const study s{program.name, version(), options_given(program), std::move(groups)};
  return table ? study_table(s) : csv ? study_csv(s) : study_json(s);
}

}  // namespace medvision::cli
