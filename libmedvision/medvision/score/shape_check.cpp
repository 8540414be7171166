// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/shape_check.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <string>

#include "medvision/error.hpp"

namespace medvision {
namespace {

std::string said(const cv::Mat& m) {
  return m.dims == 2 ? fmt::format("{}x{} {}", m.cols, m.rows, cv::typeToString(m.type()))
                     : fmt::format("{} axes", m.dims);
}

void check(const cv::Mat& first, int type, const char* what, const cv::Mat& truth, const cv::Mat& scope) {
  const auto fits = [&](const cv::Mat& m) { return m.dims == 2 && m.type() == CV_8U && m.size() == first.size(); };
  if (first.dims == 2 && first.type() == type && fits(truth) && (scope.empty() || fits(scope))) return;
  throw error("E_SHAPE", fmt::format("{}; met {}, a truth of {}{}", what, said(first), said(truth),
                                     scope.empty() ? "" : " and a scope of " + said(scope)));
}

}  // namespace

void check_masks(const cv::Mat& predicted, const cv::Mat& truth, const cv::Mat& scope) {
  check(predicted, CV_8U, "masks of 8 bit and one size are compared", truth, scope);
}

void check_map(const cv::Mat& values, const cv::Mat& truth, const cv::Mat& scope) {
  check(values, CV_32F, "a map of 32F and masks of its size are compared", truth, scope);
}

void check_finite(const cv::Mat& values, const cv::Mat& scope) {
  for (int y = 0; y < values.rows; ++y) {
    const float* v = values.ptr<float>(y);
    const uchar* s = scope.empty() ? nullptr : scope.ptr(y);
    int wrong = 0;
    for (int x = 0; x < values.cols; ++x) wrong |= !(std::abs(v[x]) <= std::numeric_limits<float>::max());
    for (int x = 0; wrong && x < values.cols; ++x)
      if (!std::isfinite(v[x]) && (!s || s[x]))
        throw error("E_NONFINITE",
                    fmt::format("the map is not finite at column {}, row {}, inside what is scored", x, y));
  }
}

}  // namespace medvision
