// SPDX-License-Identifier: Apache-2.0
// med-fuse: the scores of records that belong together become one.
#include <fmt/format.h>

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/record/group.hpp"
#include "medvision/saliency/top_percent.hpp"
#include "medvision/score/fusion.hpp"

using namespace medvision;

namespace {

struct fuse_parameters {
  std::vector<std::string> group, weights;
  bool mean = false, max = false;
  double top_percent = 0;
  std::string map;
  int expect = 0;
  weight_table table;
};

named_scores scores_of(const record& r, const fuse_parameters& p) {
  if (p.top_percent == 0) return r.scores();
  const map_info m = r.map(p.map);
  const std::string name = p.map.empty() ? r.maps().begin()->first : p.map;
  const std::vector<double> pooled = top_percent(read_map(m.path, m.shape), p.top_percent / 100);
  named_scores scores;
  if (pooled.size() == 1 && m.classes.empty()) return {{name, pooled[0]}};
  for (std::size_t c = 0; c < pooled.size(); ++c)
    scores[c < m.classes.size() ? name + "." + m.classes[c] : fmt::format("{}.{}", name, c)] = pooled[c];
  return scores;
}

void fuse(record& group, const std::vector<record>& members, const fuse_parameters& p, cli::context& c) {
  if (p.expect > 0) group.set_group(count_missing(*group.group(), p.expect));
  if (const int missing = group.group()->missing.value_or(0); missing > 0)
    c.warn(group, fmt::format("{} of {} members are missing", missing, p.expect));
  std::vector<named_scores> scores;
  std::vector<double> weights;
  for (const record& member : members) {
    scores.push_back(scores_of(member, p));
    if (scores.back().empty()) throw error("E_RECORD", fmt::format("the member '{}' has no scores", member.id()));
    if (!p.weights.empty()) weights.push_back(p.table.of(member.text(p.table.field).value_or("")));
  }
  for (const std::string& label : group.take_shared(members))
    c.warn(group, fmt::format("the members do not agree on the label '{}'; it is left out", label));
  for (const auto& [name, score] : fuse_scores(scores, p.max ? fusion::max : fusion::mean, weights))
    group.set_score(name, score);
}

}  // namespace

int main(int argc, char** argv) {
  fuse_parameters p;
  cli::command program("med-fuse", "fuse the scores of records that belong together");
  program.describe(
      "One record a group, in the order of first members, its id the group's key. It has each score fused over the "
      "members, the tags and labels they agree on, and `group`: how many members it has, how many had failed and are "
      "left out (each is passed on before it), and how many are missing.");
  program.reads("records with scores, or with a map").writes("one record a group");
  program.example("med-fuse --group tags.patient,tags.side in.jsonl", "the two views of a breast, their mean");
  program.example("med-fuse --group id --top-percent 2 --map saliency in.jsonl", "what a map says of its picture");
  program.reference("Shen et al., GMIC, Med. Image Anal. 68, 2021 (top percent; the mean of the views and models)");
  program.add_words("--group", p.group, "fields whose values make the key; required").called("FIELD,...");
  program.add("--mean", p.mean, "the mean; it is what is done if nothing else is said");
  program.add("--max", p.max, "the largest");
  program
      .add_words("--weights", p.weights,
                 "the mean weighted by a field's value: a=0.6,b=0.4 of tags.model, tags.view:CC=2,MLO=1")
      .called("[FIELD:]VALUE=W,...")
      .default_is("");
  program.add("--top-percent", p.top_percent, "scores are the mean of this share of a map's cells, per cent", 0, 100)
      .default_is("the record's scores");
  program.add("--map", p.map, "that map").called("NAME").default_is("the only one");
  program.add("--expect", p.expect, "members a group should have; 0: not known", 0, 1'000'000);
  program.before([&p] {
    if (p.group.empty()) throw error("E_OPTION", "say --group FIELD,...: what makes records one group", blame::request);
    if (int(p.mean) + int(p.max) + int(!p.weights.empty()) > 1)
      throw error("E_OPTION", "one of --mean, --max and --weights", blame::request);
    if (!p.weights.empty()) p.table = parse_weights(p.weights);
  });
  return cli::run(program, argc, argv,
                  cli::fold_groups_verb{
                      [&p](const record& r) { return group_key(r, p.group); },
                      [&p](record& g, std::vector<record>& members, cli::context& c) { fuse(g, members, p, c); }});
}
