// SPDX-License-Identifier: Apache-2.0
// Values become whole numbers of the same order; they are counted by their upper half, then sorted in portions.
#include "medvision/score/pixel_counts.hpp"

#include <array>
#include <bit>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/score/shape_check.hpp"

namespace medvision {
namespace {

constexpr int halves = 1 << 16;

/// Larger values have larger keys; -0 becomes 0.
std::uint32_t key_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  return bits >> 31 ? ~bits : bits | 0x80000000U;
}

double value_of(std::uint32_t key) { return std::bit_cast<float>(key >> 31 ? key & 0x7FFFFFFFU : ~key); }

/// visit(key, is positive) for each pixel of the scope, row by row.
template <class F>
void visit_pixels(const cv::Mat& values, const cv::Mat& truth, const cv::Mat& scope, F&& visit) {
  for (int y = 0; y < values.rows; ++y) {
    const float* v = values.ptr<float>(y);
    const uchar *t = truth.ptr(y), *s = scope.empty() ? nullptr : scope.ptr(y);
    for (int x = 0; x < values.cols; ++x)
      if (!s || s[x]) visit(key_of(v[x]), t[x] != 0);
  }
}

/// Sorts by 33 bits, in three rounds of 11, largest last.
void radix_sort(std::vector<std::uint64_t>& keys, std::vector<std::uint64_t>& spare) {
  spare.resize(keys.size());
  for (int shift = 0; shift < 33; shift += 11) {
    std::array<std::size_t, 2049> begin{};
    for (const std::uint64_t k : keys) ++begin[((k >> shift) & 2047) + 1];
    for (int i = 0; i < 2048; ++i) begin[i + 1] += begin[i];
    for (const std::uint64_t k : keys) spare[begin[(k >> shift) & 2047]++] = k;
    keys.swap(spare);
  }
}

/// Appends what is in the portion, largest first. A key is a value's, shifted up by one, and 1 if positive.
void append_sorted(std::vector<std::uint64_t>& keys, std::vector<std::uint64_t>& spare, score_counts& counts) {
  radix_sort(keys, spare);
  std::size_t distinct = !keys.empty();
  for (std::size_t i = 1; i < keys.size(); ++i) distinct += keys[i] >> 1 != keys[i - 1] >> 1;
  counts.reserve(counts.size() + distinct);
  for (std::size_t i = keys.size(); i > 0;) {
    const std::uint64_t key = keys[i - 1] >> 1;
    score_count c{value_of(std::uint32_t(key)), 0, 0};
    for (; i > 0 && keys[i - 1] >> 1 == key; --i) ++(keys[i - 1] & 1 ? c.positives : c.negatives);
    counts.push_back(c);
  }
}

/// Appends the values of one upper half, which may have any number of pixels: they are counted in place.
void append_counted(std::uint32_t upper, const std::vector<std::array<std::int64_t, 2>>& pixels, score_counts& counts) {
  for (int lower = halves - 1; lower >= 0; --lower)
    if (pixels[lower][0] || pixels[lower][1])
      counts.push_back({value_of(upper << 16 | std::uint32_t(lower)), pixels[lower][1], pixels[lower][0]});
}

}  // namespace

score_counts count_pixels(const cv::Mat& values, const cv::Mat& truth, const cv::Mat& scope, std::int64_t in_hand) {
  check_map(values, truth, scope);
  check_finite(values, scope);
  std::vector<std::int64_t> by_upper(halves);
  visit_pixels(values, truth, scope, [&](std::uint32_t key, bool) { ++by_upper[key >> 16]; });
  score_counts counts;
  std::vector<std::uint64_t> keys, spare;
  for (int high = halves - 1; high >= 0;) {
    // As many upper halves, from `high` down to above `low`, as fit in the hand; at least one.
    std::int64_t pixels = by_upper[high];
    int low = high - 1;
    while (low >= 0 && pixels + by_upper[low] <= in_hand) pixels += by_upper[low--];
    if (pixels > in_hand) {
      std::vector<std::array<std::int64_t, 2>> within(halves);
      visit_pixels(values, truth, scope, [&](std::uint32_t key, bool positive) {
        if (int(key >> 16) == high) ++within[key & 0xFFFF][positive];
      });
      append_counted(std::uint32_t(high), within, counts);
    } else if (pixels > 0) {
      keys.clear();
      keys.reserve(std::size_t(pixels));
      visit_pixels(values, truth, scope, [&](std::uint32_t key, bool positive) {
        if (int(key >> 16) <= high && int(key >> 16) > low) keys.push_back(std::uint64_t{key} << 1 | positive);
      });
      append_sorted(keys, spare, counts);
    }
    high = low;
  }
  return counts;
}

std::optional<best_threshold> find_best_dice(const score_counts& counts) {
  confusion c;
  for (const score_count& s : counts) c.fn += s.positives, c.tn += s.negatives;
  if (c.fn == 0) return std::nullopt;
  std::optional<best_threshold> best;
  for (const score_count& s : counts) {
    c.tp += s.positives, c.fn -= s.positives;
    c.fp += s.negatives, c.tn -= s.negatives;
    if (!best || *dice(c) > *dice(best->table)) best = {s.score, c};
  }
  return best;
}

}  // namespace medvision
