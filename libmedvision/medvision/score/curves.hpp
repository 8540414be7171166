// SPDX-License-Identifier: Apache-2.0
// What a threshold would do at each of its values: the points behind the areas of ranking.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "medvision/score/ranking.hpp"

namespace medvision {

/// Points from the highest threshold down; none, and why, where the curve is undefined. x, y: what the axes are.
struct named_curve {
  std::string name, x, y;
  std::vector<std::array<double, 2>> points;
  std::string why;
};

/// Both curves of a ranking, fed with one distinct score after the other from the highest: "roc", begun at (0, 0), of
/// false_positive_rate and recall, undefined when a class is absent; "precision_recall", begun at (0, 1), of recall and
/// precision, undefined without a positive.
class curve_tracer {
 public:
  /// positives, negatives: of all scores to come. step: the least move, in either direction, that makes a new point;
  /// the last one is always there. 0: a point a score. At most about 2/step points are kept of a ROC curve.
  curve_tracer(std::int64_t positives, std::int64_t negatives, double step = 0);
  void add(const score_count& c);
  [[nodiscard]] std::vector<named_curve> curves() const;

 private:
  struct trace {
    named_curve curve;
    std::array<double, 2> last{};
    void to(std::array<double, 2> point, double step);
  };
  std::int64_t positives_, negatives_, found_ = 0, wrong_ = 0;
  double step_;
  trace roc_, precision_recall_;
};

/// Both curves of counts in memory, a point a score.
std::vector<named_curve> ranking_curves(const score_counts& counts);

/// The same of streams that can be opened again, in steps of 1/1000: once for the totals, once for the points.
std::vector<named_curve> ranking_curves(const std::function<std::vector<count_stream>()>& open);

/// "froc": false_positives_per_image and sensitivity. counts: true boxes newly found and false positives at each score.
/// truth: all true boxes. images: those that false positives are counted on. Undefined when either is 0.
named_curve froc_curve(const score_counts& counts, std::int64_t truth, std::int64_t images);

}  // namespace medvision
