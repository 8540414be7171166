// SPDX-License-Identifier: Apache-2.0
// The modules one after the other, and the names of what they find.
#include "medvision/score/mask_scores.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <utility>

#include "medvision/error.hpp"
#include "medvision/score/cldice.hpp"
#include "medvision/score/overlap.hpp"
#include "medvision/score/pixel_counts.hpp"
#include "medvision/score/shape_check.hpp"
#include "medvision/score/soft_dice.hpp"
#include "medvision/score/surface.hpp"

namespace medvision {
namespace {

measure optional_measure(const char* name, std::optional<double> value, const char* why) {
  return {name, value, value ? "" : why};
}

void append(measures& all, measures more, const std::string& suffix = {}) {
  for (measure& m : more) all.push_back({std::move(m.name) + suffix, m.value, std::move(m.why)});
}

measures at_threshold(const mask_case& c, double threshold, const mask_score_parameters& p) {
  const cv::Mat predicted = reach_threshold(c.values, threshold) & c.scope, truth = c.truth & c.scope;
  measures found;
  if (p.overlap) append(found, overlap_scores(count_confusion(predicted, truth, c.scope)));
  if (p.surface) {
    append(found, surface_scores(predicted, truth, {{}, "px", p.tolerances_px}));
    if (c.spacing_mm)
      append(found,
             surface_scores(predicted, truth, {{(*c.spacing_mm)[0], (*c.spacing_mm)[1]}, "mm", p.tolerances_mm}));
  }
  if (p.lesions) append(found, lesion_scores(predicted, truth, p.hit, p.neighbours));
  if (p.cldice) append(found, cldice_scores(predicted, truth));
  return found;
}

measures ranking_measures(const score_counts& counts) {
  std::int64_t positives = 0, negatives = 0;
  for (const score_count& s : counts) positives += s.positives, negatives += s.negatives;
  const char* one = positives + negatives == 0 ? "no pixel is scored"
                    : positives == 0           ? "the truth is empty"
                                               : "the truth has no negative pixel";
  return {{"positives", double(positives), {}},
          {"negatives", double(negatives), {}},
          optional_measure("auc", roc_auc(counts), one),
          optional_measure("ap", average_precision(counts), one),
          optional_measure("pr_area", pr_area(counts), one)};
}

measures oracle_measures(const score_counts& counts) {
  const auto best = find_best_dice(counts);
  measures found{
      optional_measure("oracle_threshold", best ? std::optional(best->threshold) : std::nullopt, "the truth is empty")};
  if (!best) return found;
  const confusion& t = best->table;
  append(found, {{"oracle_tp", double(t.tp), {}},
                 {"oracle_fp", double(t.fp), {}},
                 {"oracle_fn", double(t.fn), {}},
                 {"oracle_tn", double(t.tn), {}},
                 {"oracle_dice", dice(t), {}}});
  return found;
}

}  // namespace

void mask_score_parameters::choose(const std::vector<std::string>& groups) {
  overlap = soft = ranking = surface = lesions = cldice = false;
  const std::pair<const char*, bool*> known[] = {{"overlap", &overlap}, {"soft", &soft},       {"ranking", &ranking},
                                                 {"surface", &surface}, {"lesions", &lesions}, {"cldice", &cldice}};
  for (const std::string& group : groups) {
    bool* wanted = nullptr;
    for (const auto& [name, member] : known)
      if (group == name) wanted = member;
    if (!wanted)
      throw error("E_OPTION",
                  fmt::format("--measures {}: overlap, soft, ranking, surface, lesions or cldice is meant", group),
                  blame::request);
    *wanted = true;
  }
}

mask_scores score_mask(const mask_case& c, const mask_score_parameters& p) {
  check_map(c.values, c.truth, c.scope);
  check_finite(c.values, c.scope);
  mask_scores scores;
  measures& found = scores.found;
  found.push_back({"outside_map", double(cv::countNonZero(c.scope) - cv::countNonZero(c.scope(c.covered))), {}});
  if (p.thresholds.size() == 1) found.push_back({"threshold", p.thresholds.front(), {}});
  for (const double t : p.thresholds)
    append(found, at_threshold(c, t, p), p.thresholds.size() > 1 ? fmt::format("@{}", t) : std::string());
  if (p.soft) append(found, soft_dice(c.values, c.truth, c.scope));
  if (!p.ranking && !p.sweep && !p.counts) return scores;
  scores.counts = count_pixels(c.values, c.truth, c.scope);
  if (p.ranking) append(found, ranking_measures(scores.counts));
  if (p.sweep) append(found, oracle_measures(scores.counts));
  return scores;
}

cv::Mat scope_of(cv::Size size, const cv::Mat& field, const cv::Mat& ignored) {
  cv::Mat scope(size, CV_8U, cv::Scalar(255));
  check_masks(scope, field.empty() ? scope : field, ignored);
  if (!field.empty()) scope = field != 0;
  if (!ignored.empty()) scope.setTo(0, ignored);
  return scope;
}

cv::Mat counts_table(const score_counts& counts) {
  cv::Mat table(int(counts.size()), 3, CV_64F);
  for (int i = 0; i < table.rows; ++i) {
    const score_count& s = counts[std::size_t(i)];
    double* row = table.ptr<double>(i);
    row[0] = s.score, row[1] = double(s.positives), row[2] = double(s.negatives);
  }
  return table;
}

}  // namespace medvision
