// SPDX-License-Identifier: Apache-2.0
// Were the marked lesions found? Predicted boxes against true ones: overlap, recall, FROC, pointing game.
#pragma once

#include <cstdint>
#include <opencv2/core/types.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "medvision/score/ranking.hpp"

namespace medvision {

/// A box of either side, half-open, in one frame for both. score: of a prediction, higher meaning surer.
struct labelled_box {
  cv::Rect2d box;
  std::string class_name;
  double score = 0;
};

/// When a prediction hits a true box: intersection over the smaller area, or over the union, is at least `at_least`
/// (0 to 1, and more than nothing); or its centre lies in the true box. same_class: the class names agree too.
struct hit_rule {
  enum kind { iom, iou, centre } by = iom;
  double at_least = 0.3;
  bool same_class = false;
};

/// What counts in a FROC. extra_hits_false: a prediction that hits only boxes found already is a false positive,
/// otherwise it is ignored. one_to_one: a prediction finds only the box it overlaps most, otherwise all it hits.
struct froc_rule {
  hit_rule hit;
  bool extra_hits_false = false, one_to_one = false;
};

/// Intersection over union; nothing when both are empty.
std::optional<double> box_iou(const cv::Rect2d& a, const cv::Rect2d& b);
/// Intersection over the smaller area; nothing when either is empty. Source: Wang et al., Zoom-in-Net, MICCAI 2017.
std::optional<double> box_iom(const cv::Rect2d& a, const cv::Rect2d& b);

/// Throws E_BOX for a box that is empty, not finite or, where the picture's size is known (not 0x0), wholly outside
/// it; `what` names its side in the sentence. A box that lies partly outside is taken as it is.
void check_boxes(std::span<const labelled_box> boxes, cv::Size picture, std::string_view what);

/// For each true box the largest overlap (0 to 1; by centre 0 or 1) of any prediction: a box is found at threshold t
/// when it is at least t and more than 0. Throws E_BOX.
std::vector<double> best_overlaps(std::span<const labelled_box> truth, std::span<const labelled_box> predicted,
                                  const hit_rule& rule);

/// How many of the overlaps reach `at_least`. recall and any (of an image): nothing without a true box.
struct boxes_found {
  std::int64_t found = 0;
  std::optional<double> recall, any;
};
boxes_found found_at(std::span<const double> best, double at_least);

/// For each distinct score: positives are the true boxes first found there, negatives the false positives.
/// Predictions of one score come in the order given. Throws E_BOX, and E_NONFINITE for a score.
score_counts count_hits(std::span<const labelled_box> truth, std::span<const labelled_box> predicted,
                        const froc_rule& rule);

/// The highest share of true boxes found at any score whose false positives an image are at most `rate`; a step
/// function, nothing interpolated. truth: true boxes of all images; images: the denominator. Nothing when either is 0.
/// Source: Bunch et al., Proc. SPIE 127, 1977.
std::optional<double> sensitivity_at(const score_counts& counts, std::int64_t truth, std::int64_t images, double rate);

/// Pointing game: does the centre of the prediction of the highest score (the first of equals) lie in a true box grown
/// by `tolerance` on each side? No prediction is a miss; nothing without a true box.
/// Source: Zhang et al., Top-down neural attention by excitation backprop, IJCV 126, 2018 (tolerance 15 pixels).
std::optional<bool> pointing_hit(std::span<const labelled_box> truth, std::span<const labelled_box> predicted,
                                 double tolerance);

}  // namespace medvision
