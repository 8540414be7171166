// SPDX-License-Identifier: Apache-2.0
// med-cluster: which pictures or regions of a study look alike?
#include <fmt/format.h>

#include <cmath>

#include "cli/runtime/run.hpp"
#include "medvision/cluster/affinity_propagation.hpp"
#include "medvision/cluster/samples.hpp"
#include "medvision/error.hpp"
#include "medvision/io/tensor_items.hpp"

using namespace medvision;

namespace {

struct cluster_parameters {
  affinity_parameters messages;
  double preference = std::nan("");  ///< not said: the median
  int max_cases = 10000;
  std::string over = "image", features;
};

cv::Mat read_vector(const std::map<std::string, feature_info>& all, const std::string& name) {
  const feature_info& f = feature_named(all, name);
  return read_item(f.path, f.shape, f.index.value_or(-1));
}

void look(const record& r, const cluster_parameters& p, samples& seen) {
  if (p.over == "image") return seen.add(r.id(), {{0, read_vector(r.features(), p.features)}});
  if (!r.text("rois")) throw error("E_RECORD", "the record has no rois; [] says that nothing was found");
  const std::vector<roi> regions = r.rois();
  std::map<int, cv::Mat> vectors;
  for (int i = 0; i < int(regions.size()); ++i)
    if (const roi& region = regions[std::size_t(i)]; !region.repeat)
      vectors.emplace(i, read_vector(region.features, p.features));
  seen.add(r.id(), vectors);
}

std::vector<std::string> conclude(const cluster_parameters& p, const samples& seen, clustering& found) {
  if (!seen.rows().empty()) found = affinity_propagation(seen.rows(), p.messages);
  return remarks_on(found);
}

void tell(record& r, const cluster_parameters& p, const samples& seen, const clustering& found) {
  for (const auto& [index, row] : seen.rows_of(r.id())) {
    cluster_info c{found.cluster[std::size_t(row)], "", {}, found.converged};
    const auto& exemplar = seen.owner_of(found.exemplars[std::size_t(c.cluster)]);
    c.exemplar = exemplar.name;
    if (p.over == "rois") c.exemplar_roi = exemplar.index;
    p.over == "rois" ? r.set_roi_cluster(std::size_t(index), c) : r.set_cluster(c);
  }
}

}  // namespace

int main(int argc, char** argv) {
  cluster_parameters p;
  clustering found;
  std::optional<samples> seen;
  cli::command program("med-cluster", "group pictures or regions that look alike, by affinity propagation");
  program.describe(
      "Every record comes out with its cluster, a number from 0, and the exemplar that speaks for it; with --over rois "
      "every region of it does, but those marked repeat. How many clusters there are follows from the preference. The "
      "similarity of two is minus the squared distance of their features. Failed records are left out and passed on. "
      "All records are read before the first comes out; of a shard, its own are clustered.");
  program.reads("records with features").writes("the records with cluster and exemplar");
  program.example("med-cluster --over rois in.jsonl | med-sheet --rois --by cluster --out work", "a sheet a cluster");
  program.reference("Frey and Dueck, Clustering by passing messages between data points, Science 315, 2007");
  program.add("--over", p.over, "one vector a record, or one a region of interest").one_of({"image", "rois"});
  program.add("--features", p.features, "which features").called("NAME").default_is("the only ones");
  program
      .add("--preference", p.preference, "of each to be an exemplar, as a similarity; higher: more clusters", -1e300,
           1e300)
      .default_is("the median similarity");
  program.add("--damping", p.messages.damping, "share of a message kept at each iteration", 0.5, 0.999);
  program.add("--iterations", p.messages.iterations, "to wait for 15 that change no exemplar", 1, 1'000'000);
  program.add("--max-cases", p.max_cases, "refuse more vectors; each pair of them takes 24 bytes", 1, 1'000'000);
  program.before([&] {
    if (!std::isnan(p.preference)) p.messages.preference = p.preference;
    seen.emplace(p.max_cases);
  });
  return cli::run(
      program, argc, argv,
      cli::study_verb{[&](const record& r) { look(r, p, *seen); }, [&] { return conclude(p, *seen, found); },
                      [&](record& r, cli::context&) { tell(r, p, *seen, found); }});
}
