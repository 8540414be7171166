// SPDX-License-Identifier: Apache-2.0
// What is said of the scores of all cases together, which lie in files that are too large to hold.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "medvision/score/case_figures.hpp"
#include "medvision/score/curves.hpp"

namespace medvision {

struct pool_findings {
  named_numbers figure;
  std::vector<named_curve> curves;
};

/// The figure of a pool and, with `curves`, its curves.
///   name    "P.froc": predictions of boxes, froc_figure and the curve "P.froc"; any other "P.…": scored pixels,
///           pool_figure and the curves "P.roc" and "P.precision_recall" in steps of 1/1000
///   open    the streams of all cases from their beginnings; called up to three times
///   values  a measure over the cases, NaN where undefined: P.auc, or P.truth and P.false_on
///   rates   of FROC: false positives an image
pool_findings find_in_pool(const std::string& name, const std::function<std::vector<count_stream>()>& open,
                           const std::function<std::vector<double>(const std::string&)>& values,
                           std::span<const double> rates, bool curves);

}  // namespace medvision
