// SPDX-License-Identifier: Apache-2.0
// The distance within each column in two sweeps; along a row by search, or by the lower envelope of parabolas.
#include "medvision/score/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
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
  void run(std::span<const int> columns, const T* rows_off, std::vector<double>& found) {
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

  void run_envelope(std::span<const int> columns, const T* rows_off, std::vector<double>& found) {
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
void sweep(std::span<const int> on, const T* before, T* now, int width) {
  for (int x = 0; x < width; ++x) {
    const T last = before[x];
    now[x] = T(last + (last != far<T>));  // without a branch: vectors have none
  }
  for (const int x : on) now[x] = 0;
}

/// Right wherever the answer is below that of `far` rows.
template <class T>
std::vector<double> search_rows(const pixel_rows& from, const pixel_rows& to, const pixel_steps& steps) {
  const int width = from.size.width, height = from.size.height;
  const std::unique_ptr<T[]> above(new T[std::size_t(height) * width]);
  std::vector<T> below(width, far<T>), least(width);
  for (int y = 0; y < height; ++y) {
    T* now = above.get() + std::size_t(y) * width;
    sweep(to.row(y), y ? now - width : below.data(), now, width);
  }
  row_search<T> search(width, steps);
  std::vector<double> found;
  found.reserve(from.columns.size());
  for (int y = height - 1; y >= 0; --y) {
    sweep(to.row(y), below.data(), below.data(), width);
    if (from.row(y).empty()) continue;
    const T* up = above.get() + std::size_t(y) * width;
    for (int x = 0; x < width; ++x) least[x] = std::min(up[x], below[x]);
    search.run(from.row(y), least.data(), found);
  }
  return found;
}

}  // namespace

pixel_rows list_pixels(const cv::Mat& mask) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t low = 0x7F7F7F7F7F7F7F7F;
  if (mask.dims != 2 || mask.type() != CV_8U)
    throw error("E_SHAPE", fmt::format("the pixels of a mask of 8 bit are listed; met {} with {} axes",
                                       cv::typeToString(mask.type()), mask.dims));
  pixel_rows list{mask.size(), {}, {0}};
  for (int y = 0; y < mask.rows; ++y) {
    const uchar* row = mask.ptr(y);
    int x = 0;
    for (; x + 8 <= mask.cols; x += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, row + x, 8);
      // The top bit of each byte that is not zero.
      for (std::uint64_t set = (((word & low) + low) | word) & ~low; set; set &= set - 1)
        list.columns.push_back(x + std::countr_zero(set) / 8);
    }
    for (; x < mask.cols; ++x)
      if (row[x]) list.columns.push_back(x);
    list.begin.push_back(list.columns.size());
  }
  return list;
}

std::vector<double> nearest_squared(const pixel_rows& from, const pixel_rows& to, const pixel_steps& steps) {
  if (to.size != from.size || !(steps.row > 0) || !(steps.column > 0))
    throw error("E_SHAPE",
                fmt::format("pixels of masks of one size and positive steps are needed; met {}x{}, {}x{}, "
                            "{} and {}",
                            from.size.width, from.size.height, to.size.width, to.size.height, steps.row, steps.column));
  if (from.columns.empty()) return {};
  if (to.columns.empty()) throw error("E_EMPTY_SET", "there is no pixel to be near to");
  std::vector<double> found = search_rows<std::uint8_t>(from, to, steps);
  const double known = far<std::uint8_t> * steps.row;
  const bool all_near = std::all_of(found.begin(), found.end(), [&](double d) { return d < known * known; });
  if (all_near) return found;
  return from.size.height <= far<std::int16_t> ? search_rows<std::int16_t>(from, to, steps)
                                               : search_rows<std::int32_t>(from, to, steps);
}

}  // namespace medvision
