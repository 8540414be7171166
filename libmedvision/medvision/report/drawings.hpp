// SPDX-License-Identifier: Apache-2.0
// The drawings of a report: which figures and curves of the studies go on which axes.
#pragma once

#include <string>
#include <vector>

#include "medvision/report/series.hpp"

namespace medvision {

/// Drawings as SVG, and sentences on what was left out of them.
struct report_drawings {
  std::vector<std::string> svgs, remarks;
};

/// Of series of the studies:
///   hexagons  of the figure "six" (med-score-grades), and of the means of a map's accuracy, sensitivity, precision,
///             f1, specificity and auc over the cases (med-summarize), one for each map
///   curves    one drawing for each name of a curve: ROC, precision over recall, FROC; their areas in the legend
///   families  figures of one name at several thresholds, "boxes.recall_by_box@0.30": the value, or mean, over the
///             threshold, with its interval as a band; of recalls, overlaps and rates, that is from 0 to 1
/// The first 8 series are drawn, and at most 24 drawings.
report_drawings draw_series(const std::vector<report_series>& series);

}  // namespace medvision
