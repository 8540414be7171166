// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/curves.hpp"

#include <algorithm>
#include <cmath>

namespace medvision {

void curve_tracer::trace::to(std::array<double, 2> point, double step) {
  last = point;
  const auto& before = curve.points.back();
  if (std::max(std::abs(point[0] - before[0]), std::abs(point[1] - before[1])) >= step) curve.points.push_back(point);
}

curve_tracer::curve_tracer(std::int64_t positives, std::int64_t negatives, double step)
    : positives_(positives), negatives_(negatives), step_(step) {
  roc_.curve = {"roc", "false_positive_rate", "recall", {}, ""};
  precision_recall_.curve = {"precision_recall", "recall", "precision", {}, ""};
  if (positives == 0 || negatives == 0)
    roc_.curve.why = "one class only";
  else
    roc_.curve.points.push_back(roc_.last = {0, 0});
  if (positives == 0)
    precision_recall_.curve.why = "no positive";
  else
    precision_recall_.curve.points.push_back(precision_recall_.last = {0, 1});
}

void curve_tracer::add(const score_count& c) {
  found_ += c.positives, wrong_ += c.negatives;
  if (found_ + wrong_ == 0) return;
  const double recall = positives_ > 0 ? double(found_) / double(positives_) : 0;
  if (roc_.curve.why.empty()) roc_.to({double(wrong_) / double(negatives_), recall}, step_);
  if (precision_recall_.curve.why.empty())
    precision_recall_.to({recall, double(found_) / double(found_ + wrong_)}, step_);
}

std::vector<named_curve> curve_tracer::curves() const {
  std::vector<named_curve> out;
  for (const trace* t : {&roc_, &precision_recall_}) {
    out.push_back(t->curve);
    auto& points = out.back().points;
    if (!points.empty() && points.back() != t->last) points.push_back(t->last);
  }
  return out;
}

std::vector<named_curve> ranking_curves(const score_counts& counts) {
  std::int64_t positives = 0, negatives = 0;
  for (const score_count& c : counts) positives += c.positives, negatives += c.negatives;
  curve_tracer tracer(positives, negatives);
  for (const score_count& c : counts) tracer.add(c);
  return tracer.curves();
}

std::vector<named_curve> ranking_curves(const std::function<std::vector<count_stream>()>& open) {
  std::int64_t positives = 0, negatives = 0;
  merge_streams(open(), [&](const score_count& c) { positives += c.positives, negatives += c.negatives; });
  curve_tracer tracer(positives, negatives, 1e-3);
  merge_streams(open(), [&](const score_count& c) { tracer.add(c); });
  return tracer.curves();
}

named_curve froc_curve(const score_counts& counts, std::int64_t truth, std::int64_t images) {
  named_curve out{"froc", "false_positives_per_image", "sensitivity", {}, ""};
  if (truth == 0 || images == 0) {
    out.why = truth == 0 ? "no true box" : "no image that false positives are counted on";
    return out;
  }
  std::int64_t found = 0, wrong = 0;
  out.points.push_back({0, 0});
  for (const score_count& c : counts) {
    if (c.positives == 0 && c.negatives == 0) continue;  // a prediction that counts as neither
    found += c.positives, wrong += c.negatives;
    out.points.push_back({double(wrong) / double(images), double(found) / double(truth)});
  }
  return out;
}

}  // namespace medvision
