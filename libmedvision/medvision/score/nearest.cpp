// SPDX-License-Identifier: Apache-2.0
// The distance within each column in two sweeps; along a row by search, or by the lower envelope of parabolas.
#include "medvision/score/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// A column whose pixel, if it has one, is at least so many rows off. The narrower the numbers, the more of them a
/// vector holds, and the fewer bytes are gone through.
template <class T>
constexpr T far = std::numeric_limits<T>::max();

/// One row: how many rows off the nearest pixel of each column is, and the search for the nearest of all.
template <class T>
class row_search {
 public:
  row_search(int width, const pixel_steps& steps) : steps_(steps), width_(width) {}

  /// columns: of the pixels asked about. rows_off: of each column. Appends their squared distances.
  void run(const std::vector<int>& columns, const T* rows_off, std::vector<double>& found) {
    const std::size_t first = found.size();
    std::int64_t looked = 0;
    for (const int x : columns) {
      if (looked > std::int64_t{4} * width_) {
        found.resize(first);
        return run_envelope(columns, rows_off, found);
      }
      found.push_back(look_outward(rows_off, x, looked));
    }
  }

 private:
  [[nodiscard]] double height(T rows) const {
    if (rows == far<T>) return infinite;
    const double h = rows * steps_.row;
    return h * h;
  }

  double look_outward(const T* rows_off, int x, std::int64_t& looked) const {
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

  void run_envelope(const std::vector<int>& columns, const T* rows_off, std::vector<double>& found) {
    apexes_.clear();
    starts_.clear();
    for (int q = 0; q < width_; ++q) {
      if (rows_off[q] == far<T>) continue;
      double start = -infinite;
      for (; !apexes_.empty(); apexes_.pop_back(), starts_.pop_back()) {
        start = crossing(rows_off, apexes_.back(), q);
        if (start > starts_.back()) break;
        start = -infinite;
      }
      apexes_.push_back(q);
      starts_.push_back(start);
    }
    std::size_t k = 0;
    for (const int x : columns) {
      if (apexes_.empty()) {
        found.push_back(infinite);
        continue;
      }
      while (k + 1 < starts_.size() && starts_[k + 1] < x) ++k;
      const double across = (x - apexes_[k]) * steps_.column;
      found.push_back(across * across + height(rows_off[apexes_[k]]));
    }
  }

  /// Where the parabolas over columns p < q meet, in columns.
  [[nodiscard]] double crossing(const T* rows_off, int p, int q) const {
    const double square = steps_.column * steps_.column;
    return (height(rows_off[q]) - height(rows_off[p])) / (2 * square * (q - p)) + (double(p) + q) / 2;
  }

  pixel_steps steps_;
  int width_;
  std::vector<int> apexes_;
  std::vector<double> starts_;
};

/// How many rows off the nearest pixel in one direction is, from that of the row before.
template <class T>
void sweep(const uchar* on, const T* before, T* now, int width) {
  for (int x = 0; x < width; ++x) {
    const T last = before[x], kept = T(-T(on[x] == 0));  // without a branch: vectors have none
    now[x] = T((last + (last != far<T>)) & kept);
  }
}

/// The columns of the nonzero pixels of a row, eight looked at together.
void find_columns(const uchar* row, int width, std::vector<int>& columns) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t low = 0x7F7F7F7F7F7F7F7F;
  columns.clear();
  int x = 0;
  for (; x + 8 <= width; x += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, row + x, 8);
    // The top bit of each byte that is not zero.
    for (std::uint64_t set = (((word & low) + low) | word) & ~low; set; set &= set - 1)
      columns.push_back(x + std::countr_zero(set) / 8);
  }
  for (; x < width; ++x)
    if (row[x]) columns.push_back(x);
}

/// Right wherever the answer is below that of `far` rows.
template <class T>
std::vector<double> search_rows(const cv::Mat& from, const cv::Mat& to, const pixel_steps& steps) {
  const int width = from.cols;
  std::vector<T> above(std::size_t(from.rows) * width), below(width, far<T>), least(width);
  for (int y = 0; y < from.rows; ++y) {
    T* now = above.data() + std::size_t(y) * width;
    sweep(to.ptr(y), y ? now - width : below.data(), now, width);
  }
  row_search<T> search(width, steps);
  std::vector<double> found;
  std::vector<int> columns;
  for (int y = from.rows - 1; y >= 0; --y) {
    sweep(to.ptr(y), below.data(), below.data(), width);
    find_columns(from.ptr(y), width, columns);
    if (columns.empty()) continue;
    const T* up = above.data() + std::size_t(y) * width;
    for (int x = 0; x < width; ++x) least[x] = std::min(up[x], below[x]);
    search.run(columns, least.data(), found);
  }
  return found;
}

}  // namespace

std::vector<double> nearest_squared(const cv::Mat& from, const cv::Mat& to, const pixel_steps& steps) {
  if (from.dims != 2 || from.type() != CV_8U || to.type() != CV_8U || to.size() != from.size() || !(steps.row > 0) ||
      !(steps.column > 0))
    throw error("E_SHAPE", fmt::format("masks of 8 bit and one size and positive steps are needed; met {}x{}, {}x{}, "
                                       "{} and {}",
                                       from.cols, from.rows, to.cols, to.rows, steps.row, steps.column));
  if (cv::countNonZero(from) == 0) return {};
  if (cv::countNonZero(to) == 0) throw error("E_EMPTY_SET", "there is no pixel to be near to");
  std::vector<double> found = search_rows<std::uint8_t>(from, to, steps);
  const double known = far<std::uint8_t> * steps.row;
  const bool all_near = std::all_of(found.begin(), found.end(), [&](double d) { return d < known * known; });
  if (all_near) return found;
  return from.rows <= far<std::int16_t> ? search_rows<std::int16_t>(from, to, steps)
                                        : search_rows<std::int32_t>(from, to, steps);
}

}  // namespace medvision
