// SPDX-License-Identifier: Apache-2.0
// Two skeletons, each compared with the other mask.
#include "medvision/score/cldice.hpp"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/score/overlap.hpp"
#include "medvision/score/shape_check.hpp"
#include "medvision/score/skeleton.hpp"

namespace medvision {
namespace {

/// The share of the lines of `mask` inside `other`.
measure lines_inside(const std::string& name, const cv::Mat& mask, const cv::Mat& other, const char* empty,
                     const char* no_line) {
  if (cv::countNonZero(mask) == 0) return {name, std::nullopt, empty};
  const cv::Rect box = cv::boundingRect(mask);
  const confusion c = count_confusion(skeletonize(mask(box)), other(box));
  return ratio_measure(name, double(c.tp), double(c.tp + c.fp), no_line);
}

}  // namespace

measures cldice_scores(const cv::Mat& predicted, const cv::Mat& truth) {
  check_masks(predicted, truth);
  const measure precision = lines_inside("cldice_precision", predicted, truth, "the prediction is empty",
                                         "the prediction has no centre line"),
                sensitivity = lines_inside("cldice_sensitivity", truth, predicted, "the truth is empty",
                                           "the truth has no centre line");
  measure both{"cldice", std::nullopt, {}};
  const bool no_prediction = cv::countNonZero(predicted) == 0, no_truth = cv::countNonZero(truth) == 0;
  if (no_prediction && no_truth) {
    both.why = "both masks are empty";
  } else if (no_prediction || no_truth) {
    both.value = 0;
  } else if (!precision.value || !sensitivity.value) {
    both.why = precision.value ? sensitivity.why : precision.why;
  } else {
    const double sum = *precision.value + *sensitivity.value;
    both.value = sum > 0 ? 2 * *precision.value * *sensitivity.value / sum : 0;
  }
  return {both, precision, sensitivity};
}

}  // namespace medvision
