// SPDX-License-Identifier: Apache-2.0
// Every score of one map against one truth, inside one scope.
#pragma once

#include <array>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "medvision/score/lesions.hpp"
#include "medvision/score/measure.hpp"
#include "medvision/score/ranking.hpp"

namespace medvision {

/// All on the pixels of the truth, H×W.
struct mask_case {
  cv::Mat values;                                     ///< 32F
  cv::Mat truth;                                      ///< 8U, nonzero is positive
  cv::Mat scope;                                      ///< 8U, nonzero is scored
  cv::Rect covered;                                   ///< pixels the map speaks of; beyond it `values` is 0
  std::optional<std::array<double, 2>> spacing_mm{};  ///< row, column
};

struct mask_score_parameters {
  std::vector<double> thresholds{0.5};  ///< a value from here on is positive
  bool overlap = true, soft = true, ranking = true, surface = true, lesions = false, cldice = false;
  bool sweep = false;                    ///< the threshold with the largest Dice: the oracle
  bool counts = false;                   ///< asked for in any case
  std::vector<double> tolerances_px{2};  ///< of nsd, 0 or more
  std::vector<double> tolerances_mm;     ///< the same
  hit_rule hit;                          ///< of lesions
  int neighbours = 8;                    ///< of lesions, 8 or 4

  /// The groups by name: overlap, soft, ranking, surface, lesions, cldice. Throws E_OPTION (request).
  void choose(const std::vector<std::string>& groups);
};

struct mask_scores {
  measures found;
  score_counts counts;  ///< by distinct value; empty when no ranking, sweep or counts were asked for
};

/// The names in order: outside_map (scored pixels beyond the map); threshold, where there is one; then, once for each
/// threshold and with @<threshold> behind where there are several, those of overlap_scores, surface_scores (px, and mm
/// when the spacing is known), lesion_scores, cldice_scores; soft_dice, soft_dice_squared; positives, negatives, auc,
/// ap, pr_area; oracle_threshold, oracle_tp … oracle_tn, oracle_dice. Surfaces, lesions and lines are those of the
/// masks inside the scope. Throws E_SHAPE, and E_NONFINITE when a value inside the scope is not finite.
mask_scores score_mask(const mask_case& c, const mask_score_parameters& p);

/// Where a case is scored. field: H×W 8U, the field of view, or empty: the whole picture. ignored: H×W 8U, or empty.
/// Returns `size` 8U, 0 or 255. Throws E_SHAPE.
cv::Mat scope_of(cv::Size size, const cv::Mat& field, const cv::Mat& ignored);

/// N×3 64F: the distinct values, largest first, with their positives and negatives. Empty for no counts.
cv::Mat counts_table(const score_counts& counts);

}  // namespace medvision
