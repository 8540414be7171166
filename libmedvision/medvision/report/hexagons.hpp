// SPDX-License-Identifier: Apache-2.0
// Six measures of each system at a glance.
#pragma once

#include <string>
#include <vector>

#include "medvision/report/series.hpp"

namespace medvision {

/// Hexagons as SVG: one of the figure "six" (med-score-grades: accuracy, recall, precision, F-measure, specificity and
/// ROC AUC of the positive labels at the threshold), and one for each map whose means over the cases of accuracy,
/// sensitivity, precision, f1, specificity and auc are there (med-score-masks, med-summarize). Of the series that have
/// them, each with its look.
std::vector<std::string> draw_hexagons(const std::vector<report_series>& series);

}  // namespace medvision
