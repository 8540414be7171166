// SPDX-License-Identifier: Apache-2.0
// Sums of a map over its truth and its scope.
#include "medvision/score/soft_dice.hpp"

#include <opencv2/core.hpp>

#include "medvision/score/shape_check.hpp"

namespace medvision {

measures soft_dice(const cv::Mat& values, const cv::Mat& truth, const cv::Mat& scope) {
  check_map(values, truth, scope);
  double both = 0, sum = 0, squares = 0, positive = 0;
  bool outside = false;
  for (int y = 0; y < values.rows; ++y) {
    const float* v = values.ptr<float>(y);
    const uchar *t = truth.ptr(y), *s = scope.empty() ? nullptr : scope.ptr(y);
    double row_both = 0, row_sum = 0, row_squares = 0;
    int row_positive = 0;
    for (int x = 0; x < values.cols; ++x) {
      if (s && !s[x]) continue;
      const double p = v[x];
      outside |= !(p >= 0 && p <= 1);
      row_sum += p;
      row_squares += p * p;
      if (t[x]) row_both += p, ++row_positive;
    }
    both += row_both, sum += row_sum, squares += row_squares, positive += row_positive;
  }
  if (outside) {
    const std::string why = "the map has values outside 0 to 1";
    return {{"soft_dice", std::nullopt, why}, {"soft_dice_squared", std::nullopt, why}};
  }
  const std::string why = "the map is zero and the truth is empty";
  return {ratio_measure("soft_dice", 2 * both, sum + positive, why),
          ratio_measure("soft_dice_squared", 2 * both, squares + positive, why)};
}

}  // namespace medvision
