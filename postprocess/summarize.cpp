// SPDX-License-Identifier: Apache-2.0
// med-summarize: the measures of a manifest as one document, or as a partial that merges exactly with others.
#include "cli/runtime/run.hpp"
#include "cli/runtime/study_output.hpp"
#include "medvision/error.hpp"
#include "medvision/io/rows_file.hpp"
#include "medvision/record/case_table.hpp"
#include "medvision/score/pools.hpp"

using namespace medvision;

namespace {

struct summarize_parameters {
  case_options cases;
  std::vector<double> rates{0.125, 0.25, 0.5, 1, 2, 4, 8};
  std::vector<std::string> ratios;
  std::string compare;
  bool partial = false, intersect = false, curves = false;
  cli::study_output out;
};

study_group summarize(const case_table& t, std::uint32_t group, const summarize_parameters& p,
                      const bootstrap_options& o) {
  const auto cases = t.cases(group);
  study_group g{t.by(group), cases.counts(), {}, {}};
  const auto add = [&](const auto& name, const auto& n) { g.figures.push_back({name, n, why_undefined(n)}); };
  for (const auto& m : t.measures()) add(m, measure_figure(m, {t.values(m, group), cases.patients, cases.failed}, o));
  for (const auto& [name, above, below] : ratios_of(p.ratios, t.measures()))
    add(name, ratio_figure(t.sums(above, group), t.sums(below, group), cases.patients, o));
  const auto values = [&](const std::string& name) { return t.values(name, group); };
  for (const auto& [name, paths] : t.pools(group)) {
    const auto open = [&files = paths] { return open_rows(files); };
    const auto [figure, curves] = find_in_pool(name, open, values, p.rates, p.curves);
    add(name, figure);
    for (const auto& [curve, x, y, points, why] : curves) g.curves.push_back({curve, x, y, points, why});
  }
  return g;
}

void add_differences(const case_table& t, const summarize_parameters& p, const bootstrap_options& o,
                     std::vector<study_group>& groups) {
  const case_table other = case_table::of_manifest(p.compare, p.cases);
  if (!p.intersect) t.check_ids(other);
  for (std::uint32_t i = 0; i < groups.size(); ++i)
    for (const auto& m : t.measures()) {
      const auto [patients, here, there] = t.pairs(other, m, i);
      const auto n = paired_figure(patients, here, there, o);
      groups[i].figures.push_back({"difference " + m, n, why_undefined(n)});
    }
}

std::pair<std::string, bool> conclude(const cli::command& program, const summarize_parameters& p, const case_table& t) {
  if (p.partial) return {t.partial(cli::version(), program.common.shard), t.failures() > 0};
  const bootstrap_options o = {p.out.replicates, std::uint64_t(p.out.seed), p.out.level, p.out.threads(program)};
  std::vector<study_group> groups;
  for (std::uint32_t i = 0; i < t.group_count(); ++i) groups.push_back(summarize(t, i, p, o));
  if (!p.compare.empty()) add_differences(t, p, o, groups);
  return {p.out.print(program, groups), t.failures() > 0};
}

}  // namespace

int main(int argc, char** argv) {
  summarize_parameters p;
  std::optional<case_table> table;
  cli::command program("med-summarize", "measures over the cases of a study, with intervals over patients");
  program.reads("records with measures, or partials").writes("a document by study.schema.json, or a partial");
  program.example("med-summarize --by tags.side --bootstrap 2000 --table in.jsonl", "a table for each side");
  program.add_words("--by", p.cases.by, "divide the cases by these fields").called("FIELD,...");
  program.add_words("--measures", p.cases.only, "these alone").called("NAME,...").default_is("all of them");
  program.add("--ratio", p.ratios, "a sum over a sum; may be said again").called("NAME=a+b/c+d");
  program.add("--rates", p.rates, "FROC: false positives an image");
  program.add("--curves", p.curves, "of scores pooled (--pool, --froc) the points, in steps of 1/1000");
  program.add("--compare", p.compare, "the same cases by another system").called("MANIFEST");
  program.add("--intersect", p.intersect, "leave out ids that only one of both manifests has");
  program.add("--partial", p.partial, "print every case's values, to be merged").without_effect_on_results();
  p.out.declare(program);
  program.instead("--merge", "the positionals are partials: one study of all", [&] {
    if (program.common.inputs.empty())
      throw error("E_OPTION", "--merge takes the files of the partials, and none is named", blame::request);
    auto met = conclude(program, p, case_table::of_partials(program.common.inputs, p.cases, cli::version()));
    return std::pair(met.first, !met.second);
  });
  program.before([&] { table.emplace(p.cases, !p.compare.empty()); });
  const auto finish = [&] { return table->close(), conclude(program, p, *table); };
  return cli::run(program, argc, argv, cli::document_verb{[&](const record& r, auto) { table->add(r); }, finish});
}
