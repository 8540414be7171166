// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/boxes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

cv::Point2d centre_of(const cv::Rect2d& b) { return {b.x + b.width / 2, b.y + b.height / 2}; }

double area_of(const cv::Rect2d& b) { return b.width > 0 && b.height > 0 ? b.width * b.height : 0; }

double overlap(const labelled_box& truth, const labelled_box& predicted, const hit_rule& rule) {
  if (rule.same_class && truth.class_name != predicted.class_name) return 0;
  if (rule.by == hit_rule::centre) return truth.box.contains(centre_of(predicted.box)) ? 1 : 0;
  return (rule.by == hit_rule::iom ? box_iom : box_iou)(truth.box, predicted.box).value_or(0);
}

bool is_hit(double overlap, const hit_rule& rule) {
  return overlap > 0 && (rule.by == hit_rule::centre || overlap >= rule.at_least);
}

// Indices from the highest score down, equal ones in the order given.
std::vector<std::size_t> by_score(std::span<const labelled_box> boxes) {
  std::vector<std::size_t> order(boxes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return boxes[a].score > boxes[b].score; });
  return order;
}

}  // namespace

std::optional<double> box_iou(const cv::Rect2d& a, const cv::Rect2d& b) {
  const double shared = intersection_area(a, b), all = area_of(a) + area_of(b) - shared;
  if (!(all > 0)) return std::nullopt;
  return shared / all;
}

std::optional<double> box_iom(const cv::Rect2d& a, const cv::Rect2d& b) {
  const double smaller = std::min(area_of(a), area_of(b));
  if (!(smaller > 0)) return std::nullopt;
  return intersection_area(a, b) / smaller;
}

void check_boxes(std::span<const labelled_box> boxes, cv::Size picture, std::string_view what) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const cv::Rect2d& b = boxes[i].box;
    const auto refuse = [&](std::string_view why) {
      throw error("E_BOX",
                  fmt::format("the {} box {} is [{}, {}, {}, {}]: {}", what, i, b.x, b.y, b.width, b.height, why));
    };
    if (!std::isfinite(b.x + b.width) || !std::isfinite(b.y + b.height)) refuse("not finite");
    if (!(area_of(b) > 0)) refuse("width and height must be positive");
    if (picture.area() > 0 && !(intersection_area(b, {0, 0, double(picture.width), double(picture.height)}) > 0))
      refuse(fmt::format("outside the picture of {}x{}", picture.width, picture.height));
  }
}

std::vector<double> best_overlaps(std::span<const labelled_box> truth, std::span<const labelled_box> predicted,
                                  const hit_rule& rule) {
  check_boxes(truth, {}, "true");
  check_boxes(predicted, {}, "predicted");
  std::vector<double> best;
  for (const labelled_box& t : truth) {
    double most = 0;
    for (const labelled_box& p : predicted) most = std::max(most, overlap(t, p, rule));
    best.push_back(most);
  }
  return best;
}

boxes_found found_at(std::span<const double> best, double at_least) {
  boxes_found f;
  for (const double b : best) f.found += b > 0 && b >= at_least;
  if (!best.empty()) f.recall = double(f.found) / double(best.size()), f.any = f.found > 0;
  return f;
}

score_counts count_hits(std::span<const labelled_box> truth, std::span<const labelled_box> predicted,
                        const froc_rule& rule) {
  check_boxes(truth, {}, "true");
  check_boxes(predicted, {}, "predicted");
  std::vector<bool> found(truth.size());
  std::map<double, score_count, std::greater<>> counts;
  for (const std::size_t i : by_score(predicted)) {
    const labelled_box& p = predicted[i];
    if (!std::isfinite(p.score))
      throw error("E_NONFINITE", fmt::format("the predicted box {} has the score {}", i, p.score));
    std::vector<std::size_t> fresh;
    bool hits = false;
    double most = 0;
    for (std::size_t t = 0; t < truth.size(); ++t) {
      const double o = overlap(truth[t], p, rule.hit);
      if (!is_hit(o, rule.hit)) continue;
      hits = true;
      if (found[t]) continue;
      if (rule.one_to_one && o <= most) continue;
      if (rule.one_to_one) fresh.clear();
      most = o;
      fresh.push_back(t);
    }
    score_count& c = counts[p.score + 0.0];
    c.score = p.score + 0.0;
    c.positives += std::int64_t(fresh.size());
    c.negatives += !hits || (fresh.empty() && rule.extra_hits_false);
    for (const std::size_t t : fresh) found[t] = true;
  }
  score_counts out;
  for (const auto& [score, c] : counts) out.push_back(c);
  return out;
}

std::optional<double> sensitivity_at(const score_counts& counts, std::int64_t truth, std::int64_t images, double rate) {
  if (truth == 0 || images == 0) return std::nullopt;
  std::int64_t found = 0, wrong = 0, best = 0;
  for (const score_count& c : counts) {
    found += c.positives, wrong += c.negatives;
    if (double(wrong) / double(images) <= rate) best = found;
  }
  return double(best) / double(truth);
}

std::optional<bool> pointing_hit(std::span<const labelled_box> truth, std::span<const labelled_box> predicted,
                                 double tolerance) {
  check_boxes(truth, {}, "true");
  check_boxes(predicted, {}, "predicted");
  if (truth.empty()) return std::nullopt;
  if (predicted.empty()) return false;
  const cv::Point2d at = centre_of(predicted[by_score(predicted).front()].box);
  return std::any_of(truth.begin(), truth.end(), [&](const labelled_box& t) {
    const cv::Rect2d& b = t.box;
    return at.x >= b.x - tolerance && at.x < b.x + b.width + tolerance && at.y >= b.y - tolerance &&
           at.y < b.y + b.height + tolerance;
  });
}

}  // namespace medvision
