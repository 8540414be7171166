// SPDX-License-Identifier: Apache-2.0
// How many of the true lesions were found, and how many of the found ones are true? Connected parts, one by one.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string_view>

#include "medvision/score/measure.hpp"

namespace medvision {

/// When does one part meet the other mask? `any`: they share a pixel. `iou`, `iom`: with one of its parts the shared
/// pixels over those of both, or over those of the smaller, reach the share. `coverage`: the part of it that the whole
/// other mask covers reaches the share.
enum class hit_measure { any, iou, iom, coverage };

struct hit_rule {
  hit_measure by = hit_measure::any;
  double share = 0;  ///< above 0, at most 1; of no use for `any`
};

/// "any", "iou:0.5", "iom:0.5" or "coverage:0.5". Throws E_OPTION (request).
hit_rule hit_rule_named(std::string_view text);

/// Parts that are connected through sides and, with 8 neighbours, corners. predicted, truth: H×W 8U, nonzero is
/// positive. neighbours: 8 or 4. Returns lesions_true and lesions_predicted (counts); lesions_found, the true ones that
/// meet the prediction; lesions_right, the predicted ones that meet the truth; lesion_recall and lesion_precision,
/// without value when there is no true, or no predicted, lesion. A part may meet several, and several one.
/// Throws E_SHAPE, and E_OPTION (request) for another number of neighbours.
measures lesion_scores(const cv::Mat& predicted, const cv::Mat& truth, const hit_rule& rule = {}, int neighbours = 8);

}  // namespace medvision
