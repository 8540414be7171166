// SPDX-License-Identifier: Apache-2.0
// med-table: fields of records as CSV, a row a case.
#include "cli/runtime/run.hpp"
#include "medvision/record/csv_rows.hpp"

using namespace medvision;

namespace {

struct table_parameters {
  std::vector<std::string> words;
  int decimals = -1;
};

}  // namespace

int main(int argc, char** argv) {
  table_parameters p;
  std::vector<csv_column> columns;
  std::string rows;
  bool failed = false;
  cli::command program("med-table", "fields of records as CSV, a row a case");
  program.describe(
      "A row for every record, failed ones too: what a record lacks is an empty cell, so that no case is lost from a "
      "table. The column error.what tells why. The status is 1 when a record has failed.");
  program.reads("any records").writes("comma-separated values with a line of names; no records");
  program.example("med-table --columns image_index=id,malignant_pred=scores.fusion.malignant --decimals 4 in.jsonl",
                  "the scores of a network, as its authors print them");
  program.add_words("--columns", p.words, "fields of the record, and what stands above them; required")
      .called("[NAME=]FIELD,...");
  program.add("--decimals", p.decimals, "of numbers that are not whole; -1: as many as they have", -1, 17);
  program.before([&] {
    columns = csv_columns(p.words);
    rows = csv_header(columns);
  });
  const auto add = [&](const record& r, std::int64_t) {
    rows += csv_row(r, columns, p.decimals);
    failed |= r.failed();
  };
  return cli::run(program, argc, argv,
                  cli::document_verb{add, [&] { return std::pair(std::exchange(rows, {}), failed); },
                                     [&] { return std::exchange(rows, {}); }});
}
