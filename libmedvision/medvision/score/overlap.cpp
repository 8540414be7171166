// SPDX-License-Identifier: Apache-2.0
// Counting in one pass that compilers turn into vector code, and the scores.
#include "medvision/score/overlap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/score/shape_check.hpp"

namespace medvision {
namespace {

const std::string both_empty = "both masks are empty", truth_empty = "the truth is empty",
                  prediction_empty = "the prediction is empty", nothing_scored = "no pixel is scored",
                  no_negative = "the truth has no negative pixel";

/// Sums of 0 and 1 over at most 255 pixels stay in bytes: a vector of bytes adds four times as many as one of words.
template <bool scoped>
void count_row(const uchar* p, const uchar* t, const uchar* s, int width, std::int64_t sums[4]) {
  constexpr int lanes = 64, rounds = 255;
  uchar both[lanes], predicted[lanes], positive[lanes], all[lanes];
  for (int x = 0; x < width;) {
    std::fill_n(both, lanes, uchar(0));
    std::fill_n(predicted, lanes, uchar(0));
    std::fill_n(positive, lanes, uchar(0));
    std::fill_n(all, lanes, uchar(0));
    const int whole = std::min((width - x) / lanes, rounds);
    for (int k = 0; k < whole; ++k, x += lanes)
      for (int i = 0; i < lanes; ++i) {
        const uchar in = scoped ? uchar(s[x + i] != 0) : uchar(1);
        const uchar a = uchar(p[x + i] != 0) & in, b = uchar(t[x + i] != 0) & in;
        both[i] = uchar(both[i] + (a & b));
        predicted[i] = uchar(predicted[i] + a);
        positive[i] = uchar(positive[i] + b);
        all[i] = uchar(all[i] + in);
      }
    for (int i = 0; i < lanes; ++i) {
      sums[0] += both[i];
      sums[1] += predicted[i];
      sums[2] += positive[i];
      sums[3] += all[i];
    }
    if (whole > 0) continue;
    for (; x < width; ++x) {
      const bool in = !scoped || s[x], a = p[x] && in, b = t[x] && in;
      sums[0] += a && b;
      sums[1] += a;
      sums[2] += b;
      sums[3] += in;
    }
  }
}

measure f_score(const std::string& name, const confusion& c, double beta) {
  const double b = beta * beta, tp = double(c.tp);
  return ratio_measure(name, (1 + b) * tp, (1 + b) * tp + b * double(c.fn) + double(c.fp), both_empty);
}

/// The products of two counts reach 2^60, beyond a double's 53 bits.
struct agreement {
  long double tp, fp, fn, tn;
  explicit agreement(const confusion& c) : tp(c.tp), fp(c.fp), fn(c.fn), tn(c.tn) {}

  [[nodiscard]] measure mcc() const {
    const double margins = double(std::sqrt(tp + fp) * std::sqrt(tp + fn) * std::sqrt(tn + fp) * std::sqrt(tn + fn));
    return ratio_measure("mcc", double(tp * tn - fp * fn), margins, "one of the masks is all positive or all negative");
  }
  [[nodiscard]] measure kappa() const {
    const double expected = double((tp + fp) * (fp + tn) + (tp + fn) * (fn + tn));
    return ratio_measure("kappa", double(2 * (tp * tn - fp * fn)), expected,
                         "both masks are of one and the same class");
  }
};

measure mean_of(const std::string& name, const measure& a, const measure& b) {
  if (!a.value || !b.value) return {name, std::nullopt, a.value ? b.why : a.why};
  return {name, (*a.value + *b.value) / 2, {}};
}

}  // namespace

confusion count_confusion(const cv::Mat& predicted, const cv::Mat& truth, const cv::Mat& scope) {
  check_masks(predicted, truth, scope);
  std::int64_t sums[4] = {};
  for (int y = 0; y < predicted.rows; ++y) {
    if (scope.empty())
      count_row<false>(predicted.ptr(y), truth.ptr(y), nullptr, predicted.cols, sums);
    else
      count_row<true>(predicted.ptr(y), truth.ptr(y), scope.ptr(y), predicted.cols, sums);
  }
  return {sums[0], sums[1] - sums[0], sums[2] - sums[0], sums[3] - sums[1] - sums[2] + sums[0]};
}

cv::Mat reach_threshold(const cv::Mat& values, double threshold) {
  if (values.dims != 2 || values.type() != CV_32F)
    throw error("E_SHAPE", fmt::format("a map of 32F is compared with a threshold; met {} with {} axes",
                                       cv::typeToString(values.type()), values.dims));
  const auto level = float(threshold);
  cv::Mat reached(values.size(), CV_8U);
  for (int y = 0; y < values.rows; ++y) {
    const float* v = values.ptr<float>(y);
    uchar* r = reached.ptr(y);
    for (int x = 0; x < values.cols; ++x) r[x] = v[x] >= level ? 255 : 0;
  }
  return reached;
}

std::optional<double> dice(const confusion& c) {
  const double sum = 2 * double(c.tp) + double(c.fp) + double(c.fn);
  return sum > 0 ? std::optional(2 * double(c.tp) / sum) : std::nullopt;
}

measures overlap_scores(const confusion& c) {
  const auto tp = double(c.tp), fp = double(c.fp), fn = double(c.fn), tn = double(c.tn);
  const double predicted = tp + fp, positive = tp + fn, all = predicted + fn + tn;
  const measure sensitivity = ratio_measure("sensitivity", tp, positive, all > 0 ? truth_empty : nothing_scored),
                specificity = ratio_measure("specificity", tn, tn + fp, all > 0 ? no_negative : nothing_scored);
  const std::string& empty = positive > 0 ? prediction_empty : predicted > 0 ? truth_empty : both_empty;
  return {{"tp", tp, {}},
          {"fp", fp, {}},
          {"fn", fn, {}},
          {"tn", tn, {}},
          {"dice", dice(c), dice(c) ? "" : both_empty},
          ratio_measure("iou", tp, tp + fp + fn, both_empty),
          ratio_measure("iom", tp, std::min(predicted, positive), empty),
          sensitivity,
          specificity,
          ratio_measure("precision", tp, predicted, prediction_empty),
          ratio_measure("accuracy", tp + tn, all, nothing_scored),
          mean_of("balanced_accuracy", sensitivity, specificity),
          f_score("f1", c, 1),
          f_score("f2", c, 2),
          f_score("f05", c, 0.5),
          agreement(c).mcc(),
          agreement(c).kappa(),
          ratio_measure("volume_similarity", 2 * tp + fp + fn - std::abs(fp - fn), 2 * tp + fp + fn, both_empty)};
}

}  // namespace medvision
