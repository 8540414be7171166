// SPDX-License-Identifier: Apache-2.0
#include "medvision/select/greedy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

void check(const cv::Mat& response, const pick_parameters& p) {
  if (response.empty() || response.dims != 2 || response.type() != CV_32F)
    throw error("E_SHAPE", fmt::format("a response is rows x columns of 32F; met {}x{} of {}", response.rows,
                                       response.cols, cv::typeToString(response.type())));
  if (p.window.width < 1 || p.window.height < 1 || p.window.width > response.cols || p.window.height > response.rows)
    throw error("E_WINDOW", fmt::format("the window has {}x{} cells, the map {}x{}: at least one and at most all",
                                        p.window.width, p.window.height, response.cols, response.rows));
  if (p.count < 1) throw error("E_COUNT", fmt::format("{} regions, at least 1 is needed", p.count));
  for (int y = 0; y < response.rows; ++y)
    for (int x = 0; x < response.cols; ++x)
      if (std::isinf(response.at<float>(y, x))) throw error("E_NONFINITE", "the response holds an infinity");
}

/// Sums of all windows over what is left of a response, as whole numbers of 2^-shift.
class window_sums {
 public:
  window_sums(const cv::Mat& response, cv::Size window)
      : left_(response.clone()),
        window_(window),
        places_(response.cols - window.width + 1, response.rows - window.height + 1),
        sums_(std::size_t(places_.area())),
        best_of_row_(std::size_t(places_.height)) {
    int exponent = 0, cells = 0;
    std::frexp(cv::norm(response, cv::NORM_INF), &exponent);
    std::frexp(double(window.area()), &cells);
    shift_ = 62 - cells - exponent;
    renew({{}, places_});
  }

  /// The first of the largest.
  [[nodiscard]] cv::Rect best(double& mean) const {
    const int y = int(std::max_element(best_of_row_.begin(), best_of_row_.end()) - best_of_row_.begin());
    const auto row = sums_.begin() + std::ptrdiff_t(y) * places_.width;
    const int x = int(std::find(row, row + places_.width, best_of_row_[std::size_t(y)]) - row);
    mean = std::ldexp(double(row[x]), -shift_) / window_.area();
    return {{x, y}, window_};
  }

  void use_up(const cv::Rect& cells) {
    left_(cells).setTo(0);
    renew(cv::Rect(cells.x - window_.width + 1, cells.y - window_.height + 1, 2 * window_.width - 1,
                   2 * window_.height - 1) &
          cv::Rect({}, places_));
  }

 private:
  /// Unsigned, since the table of a large map may run over, and the differences come out right all the same.
  void renew(const cv::Rect& places) {
    const int width = places.width + window_.width - 1, height = places.height + window_.height - 1, w = width + 1;
    const double scale = std::ldexp(1.0, shift_);
    table_.assign(std::size_t(w) * std::size_t(height + 1), 0);
    for (int y = 0; y < height; ++y) {
      const float* v = left_.ptr<float>(places.y + y) + places.x;
      const std::uint64_t* above = &table_[std::size_t(y) * w];
      std::uint64_t *here = &table_[std::size_t(y + 1) * w], row = 0;
      for (int x = 0; x < width; ++x) {
        row += std::uint64_t(std::int64_t(double(v[x]) * scale));
        here[x + 1] = above[x + 1] + row;
      }
    }
    for (int y = 0; y < places.height; ++y) {
      const std::uint64_t *top = &table_[std::size_t(y) * w], *bottom = top + std::size_t(window_.height) * w;
      std::int64_t* to = &sums_[std::size_t(places.y + y) * places_.width + places.x];
      for (int x = 0; x < places.width; ++x)
        to[x] = std::int64_t(bottom[x + window_.width] - bottom[x] - top[x + window_.width] + top[x]);
      const auto row = sums_.begin() + std::ptrdiff_t(places.y + y) * places_.width;
      best_of_row_[std::size_t(places.y + y)] = *std::max_element(row, row + places_.width);
    }
  }

  cv::Mat left_;
  cv::Size window_, places_;
  std::vector<std::int64_t> sums_, best_of_row_;
  std::vector<std::uint64_t> table_;
  int shift_ = 0;
};

/// The first window in row-major order that holds a NaN; nothing when there is none.
std::optional<cv::Rect> first_nan_window(const cv::Mat& response, cv::Size window) {
  const auto first_column = [&](int begin, int end) {
    int column = response.cols;
    for (int y = begin; y < end; ++y)
      for (int x = 0; x < column; ++x)
        if (std::isnan(response.at<float>(y, x))) column = x;
    return column;
  };
  for (int y = 0; y < response.rows; ++y) {
    if (first_column(y, y + 1) == response.cols) continue;
    const int top = std::max(0, y - window.height + 1);
    const int left = std::max(0, first_column(top, top + window.height) - window.width + 1);
    return cv::Rect({left, top}, window);
  }
  return std::nullopt;
}

void add(std::vector<pick>& picks, pick next) {
  for (const pick& before : picks) next.repeat = next.repeat || before.cells == next.cells;
  picks.push_back(next);
}

bool ends(const std::vector<pick>& picks, double score, double share) {
  return score <= 0 || (!picks.empty() && score < share * picks.front().score);
}

}  // namespace

std::vector<pick> pick_windows(const cv::Mat& response, const pick_parameters& p) {
  check(response, p);
  std::vector<pick> picks;
  if (const auto nan = first_nan_window(response, p.window)) {
    for (int i = 0; i < p.count; ++i) add(picks, {*nan, nan->tl(), std::nan(""), false});
    return picks;
  }
  window_sums sums(response, p.window);
  for (int i = 0; i < p.count; ++i) {
    double mean = 0;
    const cv::Rect cells = sums.best(mean);
    if (p.stop && ends(picks, mean, *p.stop)) break;
    add(picks, {cells, cells.tl(), mean, false});
    sums.use_up(cells);
  }
  return picks;
}

std::vector<pick> pick_peaks(const cv::Mat& response, const pick_parameters& p) {
  check(response, p);
  if (first_nan_window(response, {1, 1})) throw error("E_NONFINITE", "the response holds a NaN");
  cv::Mat left = response.clone();
  std::vector<pick> picks;
  for (int i = 0; i < p.count; ++i) {
    const auto best = std::max_element(left.begin<float>(), left.end<float>());
    if (ends(picks, *best, p.stop.value_or(0))) break;
    const cv::Point peak = best.pos();
    const cv::Rect cells({std::clamp(peak.x - p.window.width / 2, 0, left.cols - p.window.width),
                          std::clamp(peak.y - p.window.height / 2, 0, left.rows - p.window.height)},
                         p.window);
    add(picks, {cells, peak, *best, false});
    left(cells).setTo(0);
  }
  return picks;
}

}  // namespace medvision
