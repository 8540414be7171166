// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/map_scores.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/score/mask_classes.hpp"
#include "medvision/score/source_grid.hpp"

namespace medvision {
namespace {

mask_score_parameters wanted_scores(const map_case& c, const map_score_parameters& p) {
  mask_score_parameters wanted = p.scores;
  wanted.choose(p.groups);
  wanted.hit = hit_rule_named(p.hit);
  wanted.thresholds = p.thresholds.empty() ? std::vector{c.threshold.value_or(0.5)} : p.thresholds;
  return wanted;
}

truth_mask truth_of(const map_case& c, const mask_class& k, const value_map& meanings) {
  std::vector<truth_mask> masks;
  for (std::size_t i = 0; i < k.names.size(); ++i)
    masks.push_back(read_truth(c.read_mask(k.masks[i]), meanings, k.names[i]));
  truth_mask all = join_truths(masks);
  const cv::Size size = all.positive.size();
  if (!c.source.empty() && size != c.source)
    throw error("E_SHAPE", fmt::format("the truth mask '{}' is {}x{}, the source {}x{}", k.masks.front(), size.width,
                                       size.height, c.source.width, c.source.height));
  return all;
}

cv::Mat field_of(const map_case& c, const std::string& scope, cv::Size size) {
  if (scope == "image") return {};
  if (!c.field_to_source)
    throw error("E_RECORD", "the record has no field of view; med-crop finds it, or say --scope image");
  return place_on_source(c.read_field(), *c.field_to_source, size, "the field of view", "it is needed on those pixels");
}

void part_at_commas(std::vector<std::string>& list) {
  std::vector<std::string> parts;
  for (const std::string& entry : list)
    for (std::size_t at = 0, comma = 0; comma != std::string::npos; at = comma + 1) {
      comma = entry.find(',', at);
      parts.push_back(entry.substr(at, comma == std::string::npos ? comma : comma - at));
    }
  list = parts;
}

}  // namespace

cv::Mat map_of_mask(const cv::Mat& mask) {
  if (mask.empty() || mask.type() != CV_8U)
    throw error("E_SHAPE", fmt::format("a mask is rows x columns of 8U; met {}x{} of {}", mask.rows, mask.cols,
                                       cv::typeToString(mask.type())));
  cv::Mat values;
  cv::Mat(mask != 0).convertTo(values, CV_32F, 1.0 / 255);
  return values.reshape(1, std::vector<int>{1, mask.rows, mask.cols});
}

void map_score_parameters::prepare() {
  for (auto* list : {&classes, &truths, &regions, &scopes, &mask_map, &groups}) part_at_commas(*list);
  mask_score_parameters().choose(groups);
  hit_rule_named(hit);
  read_value_map(mask_map);
  for (const std::string& scope : scopes)
    if (scope != "fov" && scope != "image")
      throw error("E_OPTION", fmt::format("--scope {}: fov or image is meant", scope), blame::request);
  for (const auto* list : {&scores.tolerances_px, &scores.tolerances_mm})
    for (const double t : *list)
      if (!(t >= 0)) throw error("E_OPTION", fmt::format("a tolerance of {}, 0 or more is meant", t), blame::request);
  if (scores.neighbours != 4 && scores.neighbours != 8)
    throw error("E_OPTION", fmt::format("--neighbours {}: 4 or 8 are meant", scores.neighbours), blame::request);
}

void score_map(const map_case& c, const map_score_parameters& p, const found_scores& found) {
  const mask_score_parameters wanted = wanted_scores(c, p);
  const value_map meanings = read_value_map(p.mask_map);
  if (c.cells.dims != 3) throw error("E_SHAPE", fmt::format("a map has three axes, this one {}", c.cells.dims));
  std::vector<std::string> scopes = p.scopes;
  if (scopes.empty()) scopes = {c.field_to_source ? "fov" : "image"};
  for (const mask_class& k :
       find_classes({c.name, c.cells.size[0], c.classes, c.masks, p.classes, p.truths, p.regions})) {
    const truth_mask truth = truth_of(c, k, meanings);
    const cv::Size size = truth.positive.size();
    const cv::Mat cells = largest_channel(c.cells, k.channels);
    mask_case one{place_on_source(cells, c.to_source, size, fmt::format("the map '{}'", c.name)),
                  truth.positive,
                  {},
                  covered_by(cells.size(), c.to_source, size),
                  c.spacing_mm};
    for (const std::string& scope : scopes) {
      one.scope = scope_of(size, field_of(c, scope, size), truth.ignored);
      found(k.prefix + "." + scope, score_mask(one, wanted));
    }
  }
}

}  // namespace medvision
