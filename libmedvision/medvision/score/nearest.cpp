// SPDX-License-Identifier: Apache-2.0
// The distance within each column in two sweeps; along a row by search, or by the lower envelope of parabolas.
#include "medvision/score/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr std::int32_t none = 1 << 30;  ///< a column without a pixel; 2^30 rows are not met

/// One row: how many rows off the nearest pixel of each column is, and the search for the nearest of all.
class row_search {
 public:
  row_search(int width, const pixel_steps& steps) : steps_(steps), width_(width) {}

  /// marked: the pixels asked about. rows_off: of each column. Appends their squared distances.
  void run(const uchar* marked, const std::int32_t* rows_off, std::vector<double>& found) {
    const std::size_t first = found.size();
    std::int64_t looked = 0;
    for (int x = 0; x < width_; ++x) {
      if (!marked[x]) continue;
      if (looked > std::int64_t{4} * width_) {
        found.resize(first);
        return run_envelope(marked, rows_off, found);
      }
      found.push_back(look_outward(rows_off, x, looked));
    }
  }

 private:
  [[nodiscard]] double height(std::int32_t rows) const {
    if (rows == none) return std::numeric_limits<double>::infinity();
    const double h = rows * steps_.row;
    return h * h;
  }

  double look_outward(const std::int32_t* rows_off, int x, std::int64_t& looked) const {
    double best = height(rows_off[x]);
    const int reach = std::max(x, width_ - 1 - x);
    for (int d = 1; d <= reach; ++d) {
      const double across = d * steps_.column, least = across * across;
      if (least >= best) break;
      ++looked;
      if (x >= d) best = std::min(best, least + height(rows_off[x - d]));
      if (x + d < width_) best = std::min(best, least + height(rows_off[x + d]));
    }
    return best;
  }

  void run_envelope(const uchar* marked, const std::int32_t* rows_off, std::vector<double>& found) {
    apexes_.clear();
    starts_.clear();
    for (int q = 0; q < width_; ++q) {
      if (rows_off[q] == none) continue;
      double start = -std::numeric_limits<double>::infinity();
      for (; !apexes_.empty(); apexes_.pop_back(), starts_.pop_back()) {
        start = crossing(rows_off, apexes_.back(), q);
        if (start > starts_.back()) break;
        start = -std::numeric_limits<double>::infinity();
      }
      apexes_.push_back(q);
      starts_.push_back(start);
    }
    std::size_t k = 0;
    for (int x = 0; x < width_; ++x) {
      while (k + 1 < starts_.size() && starts_[k + 1] < x) ++k;
      if (!marked[x]) continue;
      const double across = (x - apexes_[k]) * steps_.column;
      found.push_back(across * across + height(rows_off[apexes_[k]]));
    }
  }

  /// Where the parabolas over columns p < q meet, in columns.
  [[nodiscard]] double crossing(const std::int32_t* rows_off, int p, int q) const {
    const double square = steps_.column * steps_.column;
    return (height(rows_off[q]) - height(rows_off[p])) / (2 * square * (q - p)) + (double(p) + q) / 2;
  }

  pixel_steps steps_;
  int width_;
  std::vector<int> apexes_;
  std::vector<double> starts_;
};

/// below = how many rows further down the nearest pixel of a column is, from that of the row below.
void sweep(const uchar* on, const std::int32_t* before, std::int32_t* now, int width) {
  for (int x = 0; x < width; ++x) now[x] = on[x] ? 0 : std::min(before[x] + 1, none);
}

}  // namespace

std::vector<double> nearest_squared(const cv::Mat& from, const cv::Mat& to, const pixel_steps& steps) {
  if (from.dims != 2 || from.type() != CV_8U || to.type() != CV_8U || to.size() != from.size() || !(steps.row > 0) ||
      !(steps.column > 0))
    throw error("E_SHAPE", fmt::format("masks of 8 bit and one size and positive steps are needed; met {}x{}, {}x{}, "
                                       "{} and {}",
                                       from.cols, from.rows, to.cols, to.rows, steps.row, steps.column));
  const int width = from.cols;
  std::vector<double> found;
  if (cv::countNonZero(from) == 0) return found;
  if (cv::countNonZero(to) == 0) throw error("E_EMPTY_SET", "there is no pixel to be near to");
  cv::Mat above(from.size(), CV_32S);
  std::vector<std::int32_t> edge(width, none), below(width, none), least(width);
  for (int y = 0; y < from.rows; ++y)
    sweep(to.ptr(y), y ? above.ptr<std::int32_t>(y - 1) : edge.data(), above.ptr<std::int32_t>(y), width);
  row_search search(width, steps);
  for (int y = from.rows - 1; y >= 0; --y) {
    sweep(to.ptr(y), below.data(), below.data(), width);
    const uchar* marked = from.ptr(y);
    if (std::none_of(marked, marked + width, [](uchar m) { return m != 0; })) continue;
    const std::int32_t* up = above.ptr<std::int32_t>(y);
    for (int x = 0; x < width; ++x) least[x] = std::min(up[x], below[x]);
    search.run(marked, least.data(), found);
  }
  return found;
}

}  // namespace medvision
