// SPDX-License-Identifier: Apache-2.0
#include "medvision/saliency/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

/// One row a channel.
cv::Mat rows_of(const cv::Mat& map) {
  if (map.dims != 3 || map.type() != CV_32F || map.empty())
    throw error("E_SHAPE", fmt::format("a map is channels x rows x columns of 32F; met {} axes of {}", map.dims,
                                       cv::typeToString(map.type())));
  const cv::Mat dense = map.isContinuous() ? map : map.clone();
  return dense.reshape(1, std::vector<int>{map.size[0], map.size[1] * map.size[2]});
}

}  // namespace

void check_same_cells(const map_cells& scores, const map_cells& gates) {
  const auto &a = scores.shape, &b = gates.shape;
  if (a != b || scores.to_source != gates.to_source)
    throw error(
        "E_SHAPE",
        fmt::format("the map '{}' is {}x{}x{} and '{}' {}x{}x{}, or they lie elsewhere; expected the same cells",
                    scores.name, a[0], a[1], a[2], gates.name, b[0], b[1], b[2]));
  if (!scores.classes.empty() && !gates.classes.empty() && scores.classes != gates.classes)
    throw error("E_CLASS",
                fmt::format("the maps '{}' and '{}' have other classes, or in another order", scores.name, gates.name));
}

cv::Mat softmax_cells(const cv::Mat& gates) {
  const cv::Mat from = rows_of(gates);
  cv::Mat out(3, gates.size.p, CV_32F);
  cv::Mat to = rows_of(out);
  for (int c = 0; c < from.rows; ++c) {
    const float *v = from.ptr<float>(c), highest = *std::max_element(v, v + from.cols);
    double sum = 0;
    for (int i = 0; i < from.cols; ++i) sum += std::exp(double(v[i]) - highest);
    if (!std::isfinite(sum)) throw error("E_NONFINITE", fmt::format("channel {} of the gates is not finite", c));
    for (int i = 0; i < from.cols; ++i) to.at<float>(c, i) = float(std::exp(double(v[i]) - highest) / sum);
  }
  return out;
}

cv::Mat gate_scores(const cv::Mat& scores, const cv::Mat& gates) {
  if (rows_of(scores).size() != rows_of(gates).size() || scores.size[1] != gates.size[1])
    throw error("E_SHAPE", fmt::format("scores of {}x{}x{} and gates of {}x{}x{}: one shape is needed", scores.size[0],
                                       scores.size[1], scores.size[2], gates.size[0], gates.size[1], gates.size[2]));
  return scores.mul(gates);
}

std::vector<double> sum_cells(const cv::Mat& map) {
  const cv::Mat rows = rows_of(map);
  std::vector<double> sums;
  for (int c = 0; c < rows.rows; ++c) sums.push_back(cv::sum(rows.row(c))[0]);
  return sums;
}

}  // namespace medvision
