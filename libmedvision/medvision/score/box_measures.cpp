// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/box_measures.hpp"

#include <fmt/format.h>

namespace medvision {
namespace {

constexpr int steps = 20;

void add_found(std::vector<named_measure>& out, const std::string& at, const boxes_found& f) {
  out.push_back({"found" + at, double(f.found), ""});
  out.push_back({"recall" + at, f.recall, "no true box"});
  out.push_back({"image_found" + at, f.any, "no true box"});
}

}  // namespace

std::vector<named_measure> measure_boxes(std::span<const labelled_box> truth, std::span<const labelled_box> predicted,
                                         const box_questions& q) {
  std::vector<named_measure> out = {{"truth", double(truth.size()), ""}, {"predicted", double(predicted.size()), ""}};
  const auto best = best_overlaps(truth, predicted, q.hit);
  add_found(out, "", found_at(best, q.hit.by == hit_rule::centre ? 1 : q.hit.at_least));
  for (int i = 1; q.curve && i <= steps; ++i) {
    const double at = double(i) / steps;
    add_found(out, fmt::format("@{:.2f}", at), found_at(best, at));
  }
  const auto pointed = q.scored ? pointing_hit(truth, predicted, q.tolerance) : std::nullopt;
  out.push_back({"pointing", pointed, q.scored ? "no true box" : "a prediction has no score"});
  return out;
}

}  // namespace medvision
