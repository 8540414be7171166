// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/dark_level.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr double like_the_fullest = 1.0 / 3;  // a darker window this full is preferred to the fullest one
constexpr double least_share = 0.04;          // of all pixels, in one window: a peak, not a slope of tissue
constexpr double end_of_peak = 0.01;          // of the height: three deviations of a normal one

template <class Pixel>
std::vector<std::int64_t> count_values(const cv::Mat& grey) {
  std::vector<std::int64_t> counts(std::size_t{1} << (8 * sizeof(Pixel)));
  for (int y = 0; y < grey.rows; ++y)
    for (const Pixel *p = grey.ptr<Pixel>(y), *end = p + grey.cols; p != end; ++p) ++counts[*p];
  return counts;
}

/// Pixels with values in [first, last], from the counts below each value.
struct counted {
  std::vector<std::int64_t> below;  // below[v]: pixels with values under v
  int values;

  explicit counted(const std::vector<std::int64_t>& counts) : below(counts.size() + 1), values(int(counts.size())) {
    for (std::size_t v = 0; v < counts.size(); ++v) below[v + 1] = below[v] + counts[v];
  }
  std::int64_t in(int first, int last) const {
    return below[std::size_t(std::min(last + 1, values))] - below[std::size_t(std::max(first, 0))];
  }
  /// The value that a share of the pixels in [first, values) lies below.
  int quantile(double share, int first = 0, int last = 65535) const {
    const double want = double(below[std::size_t(first)]) + share * double(in(first, last));
    return int(std::upper_bound(below.begin(), below.end(), std::int64_t(want)) - below.begin()) - 1;
  }
};

/// The start of the darkest window [v, v + width] that stands out.
int darkest_peak(const counted& c, int width) {
  std::int64_t fullest = 0;
  for (int v = 0; v < c.values; ++v) fullest = std::max(fullest, c.in(v, v + width));
  int start = 0;
  while (double(c.in(start, start + width)) < like_the_fullest * double(fullest)) ++start;
  for (int v = start + 1; v <= std::min(start + 1 + width, c.values - 1); ++v)
    if (c.in(v, v + width) > c.in(start, start + width)) start = v;
  return start;
}

/// The last value of the peak around `level`, which reaches down to `lower` at least. Only values that occur are
/// counted, so that a picture stretched from fewer bits, most of whose values are empty, looks like any other. Where
/// noise is cut off at the level, half of it is heaped up there; its height is that of the value above.
int end_above(const counted& c, int level, int lower, int width) {
  std::vector<int> present;
  for (int v = 0; v < c.values; ++v)
    if (c.in(v, v) > 0) present.push_back(v);
  const auto place = [&](int v) { return int(std::lower_bound(present.begin(), present.end(), v) - present.begin()); };
  const int at = place(level), reach = (at - place(lower)) / 4, count = int(present.size());
  const auto height = [&](int i) {  // averaged over `reach` values to both sides
    const int first = std::max(i - reach, 0), last = std::min(i + reach, count - 1);
    return i >= count ? 0.0
                      : double(c.in(present[std::size_t(first)], present[std::size_t(last)])) / (last - first + 1);
  };
  const int start = at + (c.in(level + 1, level + width) > c.in(level, level) / 3 ? 1 : 0);
  const double peak = height(start);
  for (int i = start + 1; i < count; ++i) {
    const double here = height(i), beyond = height(start + std::max((i - start) * 3 / 2, i - start + 1));
    const bool stopped_falling = here < 0.4 * peak && beyond > 0.6 * here;
    const bool gap = present[std::size_t(i)] - present[std::size_t(i) - 1] > std::max(width, 1);
    if (here <= end_of_peak * peak || stopped_falling || gap) return present[std::size_t(i) - 1];
  }
  return present.back();
}

}  // namespace

dark_level find_dark_level(const cv::Mat& grey) {
  const counted c(grey.depth() == CV_8U ? count_values<uchar>(grey) : count_values<ushort>(grey));
  double darkest = 0, brightest = 0;
  cv::minMaxIdx(grey, &darkest, &brightest);
  if (darkest == brightest)
    throw error("E_NO_TISSUE", fmt::format("nothing is to be seen: all pixels have the value {:.0f}", darkest));
  int low = c.quantile(0.001), high = c.quantile(0.999);
  if (low == high) low = int(darkest), high = int(brightest);
  const int width = (high - low) / 64;
  const int start = darkest_peak(c, width);
  const double share = double(c.in(start, start + width)) / double(grey.total());
  const int level = c.quantile(0.5, start, start + width);
  const bool inverted = level > low + (high - low) / 2;
  if (inverted || share < least_share)
    throw error(
        "E_NO_TISSUE",
        fmt::format("no dark background is to be seen: the darkest level that many pixels share is {} ({:.1f} %), "
                    "in a picture from {} to {}; {}",
                    level, 100 * share, low, high,
                    inverted ? "is it inverted?" : "a background that is known can be given"));
  return {double(level), double(end_above(c, level, c.quantile(0.1, start, level), width))};
}

}  // namespace medvision
