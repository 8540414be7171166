// SPDX-License-Identifier: Apache-2.0
// med-inspect: is this manifest right, are its files there, is a case lost?
#include <fmt/format.h>

#include <set>

#include "cli/runtime/run.hpp"
#include "medvision/io/file_fault.hpp"
#include "medvision/record/manifest.hpp"
#include "medvision/record/table.hpp"

using namespace medvision;

namespace {

struct inspect_parameters {
  std::string expect;
  bool no_files = false;
};

/// What was seen so far: rows not printed yet, and ids.
struct findings {
  record_table table;
  std::set<std::string> missing, extra;
  std::int64_t records = 0, failed = 0, wrong = 0;  ///< wrong: not failed, yet with problems
};

void expect_ids(const std::string& manifest, std::set<std::string>& ids) {
  read_manifest(manifest, "med-inspect", [&](const record& r) { ids.insert(r.id()); });
}

std::vector<std::string> problems_of(const record& r, const inspect_parameters& p) {
  if (const auto failure = r.get_failure())
    return {fmt::format("{}: {}: {}", failure->by, failure->code, failure->what)};
  std::vector<std::string> problems = r.check();
  if (p.no_files) return problems;
  std::map<std::string, std::vector<int>> shapes;
  for (const std::string& path : r.files()) shapes[path];
  for (const auto& [name, m] : r.maps()) shapes[m.path] = {m.shape.begin(), m.shape.end()};
  for (const auto& [name, f] : r.features()) shapes[f.path] = f.shape;
  for (const auto& [path, shape] : shapes)
    if (const std::string fault = file_fault(path, shape); !fault.empty()) problems.push_back(fault);
  return problems;
}

void inspect(const record& r, const inspect_parameters& p, findings& found) {
  const auto problems = problems_of(r, p);
  found.table.add(r, problems);
  ++found.records;
  found.failed += r.failed();
  found.wrong += !r.failed() && !problems.empty();
  if (!p.expect.empty() && found.missing.erase(r.id()) == 0) found.extra.insert(r.id());
}

std::pair<std::string, bool> conclude(const inspect_parameters& p, findings& found) {
  std::string text = found.table.take(true);
  text += fmt::format("{} records, {} failed, {} with problems\n", found.records, found.failed, found.wrong);
  if (!p.expect.empty()) text += fmt::format("{} missing, {} extra\n", found.missing.size(), found.extra.size());
  for (const std::string& id : found.missing) text += fmt::format("missing {}\n", id);
  for (const std::string& id : found.extra) text += fmt::format("extra {}\n", id);
  return {text, found.failed > 0 || found.wrong > 0 || !found.missing.empty() || !found.extra.empty()};
}

}  // namespace

int main(int argc, char** argv) {
  inspect_parameters p;
  findings found;
  cli::command program("med-inspect", "check a manifest against the schema and the files; show it as a table");
  program.describe(
      "Every record is checked against the published schema, and every file it names for being there, regular and not "
      "empty; of .npy files the header too. Pictures are not decoded. The status is 1 when anything is wrong.");
  program.reads("any records").writes("a table for people and a last line of counts; no records");
  program.example("med-inspect --expect all.jsonl merged.jsonl", "is every case of the study still there?");
  program.add("--expect", p.expect, "list the ids of this manifest that are missing, and those that are not in it")
      .called("MANIFEST");
  program.add("--no-files", p.no_files, "look at the records alone");
  program.before([&] {
    if (!p.expect.empty()) expect_ids(p.expect, found.missing);
  });
  return cli::run(program, argc, argv,
                  cli::document_verb{[&](const record& r, std::int64_t) { inspect(r, p, found); },
                                     [&] { return conclude(p, found); }, [&] { return found.table.take(false); }});
}
