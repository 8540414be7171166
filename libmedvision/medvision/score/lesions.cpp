// SPDX-License-Identifier: Apache-2.0
// Labelled parts, and the pixels that each pair of them shares.
#include "medvision/score/lesions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/score/shape_check.hpp"

namespace medvision {
namespace {

struct parts {
  cv::Mat labels;                  ///< 32S, 0 outside
  std::vector<std::int64_t> area;  ///< by label; area[0] is not used

  parts(const cv::Mat& mask, int neighbours) {
    const int n = cv::connectedComponents(mask, labels, neighbours, CV_32S);
    area.assign(n, 0);
    for (int y = 0; y < labels.rows; ++y)
      for (int x = 0; x < labels.cols; ++x) ++area[labels.ptr<int>(y)[x]];
  }
  [[nodiscard]] std::size_t count() const { return area.size() - 1; }
};

/// Pixels shared, by (label of a, label of b), both above 0.
using shared_pixels = std::map<std::pair<int, int>, std::int64_t>;

shared_pixels overlay(const parts& a, const parts& b) {
  shared_pixels shared;
  for (int y = 0; y < a.labels.rows; ++y) {
    const int *p = a.labels.ptr<int>(y), *q = b.labels.ptr<int>(y);
    for (int x = 0; x < a.labels.cols;) {
      const int first = x, i = p[x], j = q[x];
      while (x < a.labels.cols && p[x] == i && q[x] == j) ++x;
      if (i && j) shared[{i, j}] += x - first;
    }
  }
  return shared;
}

/// Sets hit_a[i] and hit_b[j] of the parts that meet the other mask.
void find_hits(const parts& a, const parts& b, const hit_rule& rule, std::vector<char>& hit_a,
               std::vector<char>& hit_b) {
  std::vector<std::int64_t> covered_a(a.area.size()), covered_b(b.area.size());
  for (const auto& [pair, n] : overlay(a, b)) {
    const auto [i, j] = pair;
    const std::int64_t smaller = std::min(a.area[i], b.area[j]), both = a.area[i] + b.area[j] - n;
    covered_a[i] += n;
    covered_b[j] += n;
    const bool hit = rule.by == hit_measure::any || (rule.by == hit_measure::iou && double(n) / both >= rule.share) ||
                     (rule.by == hit_measure::iom && double(n) / smaller >= rule.share);
    if (hit) hit_a[i] = hit_b[j] = 1;
  }
  if (rule.by != hit_measure::coverage) return;
  for (std::size_t i = 1; i < a.area.size(); ++i) hit_a[i] = double(covered_a[i]) / a.area[i] >= rule.share;
  for (std::size_t j = 1; j < b.area.size(); ++j) hit_b[j] = double(covered_b[j]) / b.area[j] >= rule.share;
}

}  // namespace

hit_rule hit_rule_named(std::string_view text) {
  if (text == "any") return {};
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  hit_rule rule{name == "iou"        ? hit_measure::iou
                : name == "iom"      ? hit_measure::iom
                : name == "coverage" ? hit_measure::coverage
                                     : hit_measure::any,
                0};
  const std::string_view share = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const auto [end, fault] = std::from_chars(share.data(), share.data() + share.size(), rule.share);
  const bool read = fault == std::errc() && end == share.data() + share.size();
  if (rule.by == hit_measure::any || !read || !(rule.share > 0 && rule.share <= 1))
    throw error("E_OPTION",
                fmt::format("'{}' is no rule: any, iou:T, iom:T or coverage:T, T above 0 and at most 1", text),
                blame::request);
  return rule;
}

measures lesion_scores(const cv::Mat& predicted, const cv::Mat& truth, const hit_rule& rule, int neighbours) {
  check_masks(predicted, truth);
  if (neighbours != 4 && neighbours != 8)
    throw error("E_OPTION", fmt::format("{} neighbours, 4 or 8 are meant", neighbours), blame::request);
  const parts a(predicted, neighbours), b(truth, neighbours);
  std::vector<char> hit_a(a.area.size()), hit_b(b.area.size());
  find_hits(a, b, rule, hit_a, hit_b);
  const auto right = double(std::count(hit_a.begin(), hit_a.end(), 1));
  const auto found = double(std::count(hit_b.begin(), hit_b.end(), 1));
  return {{"lesions_true", double(b.count()), {}},
          {"lesions_predicted", double(a.count()), {}},
          {"lesions_found", found, {}},
          {"lesions_right", right, {}},
          ratio_measure("lesion_recall", found, double(b.count()), "the truth has no lesion"),
          ratio_measure("lesion_precision", right, double(a.count()), "the prediction has no lesion")};
}

}  // namespace medvision
