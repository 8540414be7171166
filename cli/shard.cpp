// SPDX-License-Identifier: Apache-2.0
// med-shard: a manifest to N manifests by patient, and many manifests to one by order.
#include <fmt/format.h>

#include "cli/runtime/intake.hpp"
#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/atomic_file.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/record/merge.hpp"
#include "medvision/record/shard_check.hpp"

using namespace medvision;

namespace {

struct shard_parameters {
  int of = 0;  ///< shards; 0: merge
  bool merge = false, any = false;
};

std::string name_of(const cli::common_options& o) {
  if (!o.as.empty()) return o.as;
  return o.inputs.empty() || o.inputs[0] == "-" ? "records" : stem_of(o.inputs[0]);
}

/// A file for each shard; none appears before all are written.
std::vector<std::unique_ptr<atomic_file>> open_shards(const cli::common_options& o, int count) {
  std::vector<std::unique_ptr<atomic_file>> files;
  for (int i = 0; i < count; ++i) {
    const std::string path = fmt::format("{}/{}-{}-of-{}.jsonl", o.out, name_of(o), i, count);
    for (const std::string& input : o.inputs)
      if (same_file(input, path)) throw error("E_INPUT", fmt::format("{} is an input", path), blame::request);
    if (exists(path) && !o.force && !o.resume)
      throw error("E_EXISTS", fmt::format("{} is there; say --force to replace it", path), blame::request);
    files.push_back(std::make_unique<atomic_file>(path));
  }
  return files;
}

void split(const cli::command& program, int count) {
  cli::intake in(program, shard::parse(program.common.shard));
  const auto files = open_shards(program.common, count);
  std::int64_t failed = 0;
  while (const auto a = in.next()) {
    failed += a->r.failed();
    files[a->r.shard_hash() % std::uint64_t(count)]->write(a->r.dump() + "\n");
  }
  for (const auto& file : files) file->commit();
  if (failed > 0) throw error("E_FAILED", fmt::format("failed records in the shards: {}", failed));
}

void merge(const cli::command& program, bool any, cli::source_context& out) {
  manifest_merger merger(program.common.inputs, program.name);
  shard_check check(program.common.inputs);
  while (const auto r = merger.next()) {
    if (!any) check.add(merger.last_input(), *r);
    out.make(r->id(), [&r](record& made) { made = *r; });
  }
  check.expect_one_run();
}

}  // namespace

int main(int argc, char** argv) {
  shard_parameters p;
  cli::command program("med-shard", "split a manifest by patient, or merge manifests by order");
  program.describe(
      "A record's shard is the FNV-1a-64 hash of tags.patient, else of the root parent's id, else of its id, modulo N. "
      "Records without an order get their position, so that merging gives back what was split. A merge ends with 2 "
      "where orders below the last are missing, a shard is there twice or of other options; med-inspect --expect sees "
      "all.");
  program.reads("manifests, to be merged each in order").writes("with --of OUT/<name>-I-of-N.jsonl, else records");
  program.example("med-shard --of 8 --out shards all.jsonl", "shards/all-0-of-8.jsonl to shards/all-7-of-8.jsonl");
  program.example("med-shard --merge done-*.jsonl > done.jsonl", "one manifest again");
  program.add("--of", p.of, "how many shards", 1, 1000).called("N").default_is("");
  program.add("--merge", p.merge, "merge the manifests to standard output");
  program.add("--any", p.any, "merge also where orders are missing or options differ: left out, or mixed, on purpose");
  program.leaves_step = program.keeps_journal = false;
  program.before([&] {
    if (p.merge == (p.of > 0) || (p.merge ? program.common.inputs.empty() : program.common.out.empty()))
      throw error("E_OPTION", "say either --of N with --out DIR, or --merge with the manifests", blame::request);
  });
  const auto act = [&](auto&, auto& out) { p.merge ? merge(program, p.any, out) : split(program, p.of); };
  return cli::run(program, argc, argv, cli::source_verb{act});
}
