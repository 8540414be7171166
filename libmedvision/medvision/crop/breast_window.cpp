// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/breast_window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/error.hpp"

namespace medvision {
namespace {

void check_window(cv::Size window) {
  if (window.width < 1 || window.height < 1)
    throw error("E_WINDOW", fmt::format("a window has a positive size, met {}x{}", window.width, window.height));
}

int last_row_with(const cv::Mat& tissue) {
  int y = tissue.rows - 1;
  while (y >= 0 && cv::countNonZero(tissue.row(y)) == 0) --y;
  return y;
}

/// Of CC: all candidate rows, each scored by the tissue in its window, with sums down the window's columns.
int best_row(const cv::Mat& tissue, int centre_column, cv::Size window) {
  const int half = window.height / 2, middle = tissue.rows / 2;
  const int first = half, last = tissue.rows - (window.height - half);
  if (first >= last) return middle;
  const int left = std::clamp(centre_column - window.width / 2, 0, tissue.cols);
  const int right = std::min(left + window.width, tissue.cols);
  std::vector<std::int64_t> above(std::size_t(tissue.rows) + 1);  // above[y]: tissue in the rows before y
  for (int y = 0; y < tissue.rows; ++y)
    above[std::size_t(y) + 1] = above[std::size_t(y)] + cv::countNonZero(tissue.row(y).colRange(left, right));
  int best = first;
  std::int64_t most = -1;
  for (int row = first; row <= last; ++row) {
    const std::size_t top = std::size_t(row - half);
    const std::int64_t held = above[top + std::size_t(window.height)] - above[top];
    if (held > most || (held == most && std::abs(row - middle) < std::abs(best - middle))) best = row, most = held;
  }
  return best;
}

/// Where a window of `length` around `centre` starts on an axis of `size`, at least as long, once moved inside.
int start_inside(int centre, int length, int size) { return std::clamp(centre - length / 2, 0, size - length); }

}  // namespace

cv::Point best_centre(const cv::Mat& tissue, const breast_box& b, breast_view view, cv::Size window) {
  check_window(window);
  if (tissue.empty() || tissue.size() != b.kept.size())
    throw error("E_SHAPE", fmt::format("tissue of {}x{} is not the {}x{} that are kept", tissue.cols, tissue.rows,
                                       b.kept.width, b.kept.height));
  const int column = b.rightmost_column - window.width / 2 - 1;
  if (view == breast_view::cc) return {column, best_row(tissue, column, window)};
  const int row = last_row_with(tissue.colRange(tissue.cols - std::min(window.width, tissue.cols), tissue.cols));
  const int lowest = row < 0 ? b.bottommost_row : std::min(b.bottommost_row, row);
  return {column, lowest - window.height / 2 - 1};
}

cv::Rect window_at(cv::Point centre, breast_view view, cv::Size window, cv::Size size) {
  check_window(window);
  cv::Rect at({0, 0}, window);
  if (size.width >= window.width) at.x = start_inside(centre.x, window.width, size.width);
  if (size.height >= window.height)
    at.y = start_inside(centre.y, window.height, size.height);
  else if (view == breast_view::cc)
    at.y = -((window.height - size.height) / 2);
  return at;
}

}  // namespace medvision
