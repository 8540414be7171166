// SPDX-License-Identifier: Apache-2.0
// med-gate: what a network says of each cell, weighted by where it looks.
#include "medvision/saliency/gate.hpp"

#include <fmt/format.h>

#include "cli/runtime/run.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_map.hpp"
#include "medvision/io/tensor_file.hpp"

using namespace medvision;

namespace {

struct gate_parameters {
  std::string scores, gates, gates_are = "logits";
  image_limits limits;
};

void gate(record& r, const gate_parameters& p, cli::context& c) {
  const map_info m = r.map(p.scores), g = r.map(p.gates);
  check_same_cells({p.scores, m.shape, m.classes, m.to_source}, {p.gates, g.shape, g.classes, g.to_source});
  const cv::Mat gates = read_cells(g.path, g.shape, p.limits);
  const cv::Mat gated =
      gate_scores(read_cells(m.path, m.shape, p.limits), p.gates_are == "logits" ? softmax_cells(gates) : gates);
  const std::string name = c.output_name(r, "gated"), path = c.product(r, name, "npy");
  write_tensor(path, gated);
  r.set_map(name, {path, m.shape, m.classes, m.to_source, {}});
  const std::vector<double> sums = sum_cells(gated);
  for (std::size_t i = 0; i < sums.size(); ++i)
    r.set_score(
        sums.size() == 1 ? name : fmt::format("{}.{}", name, m.classes.empty() ? std::to_string(i) : m.classes[i]),
        sums[i]);
}

}  // namespace

int main(int argc, char** argv) {
  gate_parameters p;
  cli::command program("med-gate", "weight what is said of each cell by where the network looks");
  program.describe(
      "Of each class the softmax of the gates over all cells is taken: where the network looks, in all 1. The scores "
      "times that are the map `gated`, whose largest values med-roi --rule peak finds; its sum over the cells is the "
      "score gated.<class>.");
  program.reads("records with two maps of the same cells: med-infer makes them");
  program.writes("the records with the new map, a .npy of 32-bit floats, and its sums as scores");
  program.example("med-infer main --out w in.jsonl | med-gate --scores scores --gates gates --out w",
                  "where to look closer: G of Zoom-in-Net");
  program.reference("Wang et al., Zoom-in-Net, MICCAI 2017");
  program.add("--scores", p.scores, "the map of what is said; required").called("NAME");
  program.add("--gates", p.gates, "the map of where to look; required").called("NAME");
  program.add("--gates-are", p.gates_are, "logits, or shares already, which are taken as they are")
      .one_of({"logits", "shares"});
  program.limits(p.limits.max_pixels, p.limits.max_bytes).needs_out().before([&p] {
    if (p.scores.empty() || p.gates.empty())
      throw error("E_OPTION", "say --scores NAME and --gates NAME: which two maps", blame::request);
  });
  return cli::run(program, argc, argv, cli::map_verb{[&p](record& r, cli::context& c) { gate(r, p, c); }});
}
