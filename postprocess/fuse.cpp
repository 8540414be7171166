// SPDX-License-Identifier: Apache-2.0
// med-fuse: the scores of records that belong together become one.
#include <fmt/format.h>

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/record/group.hpp"
#include "medvision/record/labels.hpp"
#include "medvision/saliency/top_percent.hpp"
#include "medvision/score/members.hpp"

using namespace medvision;

namespace {

struct fuse_parameters {
  std::vector<std::string> group, weights, members, features;
  bool mean = false, max = false;
  fusion how = fusion::mean;
  double top_percent = 0;
  std::string map;
  int expect = 0;
  weight_table table;
  std::vector<ensemble_member> ensemble;
  member_features carried;
};

named_scores scores_of(const record& r, const fuse_parameters& p) {
  if (!p.ensemble.empty()) return fuse_members(scores_and_labels(r), p.ensemble, p.how);
  if (p.top_percent == 0) return r.scores();
  const map_info m = r.map(p.map);
  const std::string name = p.map.empty() ? r.maps().begin()->first : p.map;
  return name_by_class(top_percent(read_map(m.path, m.shape), p.top_percent / 100), m.classes, name);
}

void fuse(record& group, const std::vector<record>& members, const fuse_parameters& p, cli::context& c) {
  if (p.expect > 0) group.set_group(count_missing(*group.group(), p.expect));
  if (const int missing = group.group()->missing.value_or(0); missing > 0)
    c.warn(group, fmt::format("{} of {} members are missing", missing, p.expect));
  std::vector<named_scores> scores;
  std::vector<double> weights;
  for (const record& member : members) {
    scores.push_back(scores_of(member, p));
    if (scores.back().empty() && p.features.empty())
      throw error("E_RECORD", fmt::format("the member '{}' has no scores", member.id()));
    if (!p.weights.empty()) weights.push_back(p.table.of(member.text(p.table.field).value_or("")));
  }
  for (const std::string& label : group.take_shared(members))
    c.warn(group, fmt::format("the members do not agree on the label '{}'; it is left out", label));
  for (const auto& [name, score] : fuse_scores(scores, p.how, weights))
    group.set_score(c.output_name(group, name), score);
  for (const auto& [name, feature] : collect_features(members, p.carried)) group.set_feature(name, feature);
}

}  // namespace

int main(int argc, char** argv) {
  fuse_parameters p;
  cli::command program("med-fuse", "fuse the scores of records that belong together");
  program.describe(
      "One record a group, where its first member stood, its id the key: the scores fused, what the members agree on, "
      "and how many there are, had failed (they are passed on before) and are missing.");
  program.reads("records with scores, with a map, or with features").writes("one record a group");
  program.example("med-fuse --group tags.patient,tags.side in.jsonl", "the two views of a breast, their mean");
  program.example("med-fuse --group tags.exam --features v:tags.side,tags.view in.jsonl", "features l_cc, r_cc, ...");
  program.example("med-fuse --group id --members gmic.fusion=0.6,reader=0.4 in.jsonl", "a system and a reader");
  program.reference("Shen et al., GMIC, Med. Image Anal. 68, 2021 (top percent; the mean of the views and models)");
  program.add_words("--group", p.group, "fields whose values make the key; required").called("FIELD,...");
  program.add("--mean", p.mean, "the mean, as if nothing is said");
  program.add("--max", p.max, "the largest");
  program.add_words("--weights", p.weights, "by a field: a=0.6,b=0.4 is of tags.model").called("[FIELD:]VALUE=W,...");
  program.add_words("--members", p.members, "of each record: scores or labels fused first").called("NAME[=W],...");
  program.add("--top-percent", p.top_percent, "scores are the mean of this share of a map's cells, per cent", 0, 100);
  program.add("--map", p.map, "that map").called("NAME").default_is("the only one");
  program.add_words("--features", p.features, "and these of each member, named by its fields").called("NAME:FIELD,...");
  program.add("--expect", p.expect, "members a group should have; 0: not known", 0, 1'000'000);
  program.before([&p] {
    if (p.group.empty()) throw error("E_OPTION", "say --group FIELD,...: what makes records one group", blame::request);
    if (p.mean + p.max + !p.weights.empty() > 1 || (!p.members.empty() && p.top_percent > 0))
      throw error("E_OPTION", "one of --mean, --max, --weights; one of --members, --top-percent", blame::request);
    if (!p.weights.empty()) p.table = parse_weights(p.weights);
    p.how = p.max ? fusion::max : fusion::mean;
    p.ensemble = parse_members(p.members);
    p.carried = parse_member_features(p.features);
  });
  const auto key = [&p](const record& r) { return group_key(r, p.group); };
  const auto work = [&p](record& g, const auto& members, cli::context& c) { fuse(g, members, p, c); };
  return cli::run(program, argc, argv, cli::fold_groups_verb{key, work});
}
