// SPDX-License-Identifier: Apache-2.0
// How many positive and negative pixels does each value of a map have? What every exact figure over pixels is made of.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>

#include "medvision/score/overlap.hpp"
#include "medvision/score/ranking.hpp"

namespace medvision {

/// The distinct values of a map inside a scope, largest first, with their pixels by truth. values: H×W 32F. truth: H×W
/// 8U, nonzero is positive. scope: H×W 8U; empty: everywhere. in_hand: values sorted at a time.
/// Returns one entry a distinct value (0 and -0 are one), none for an empty scope. Memory beyond it: 16 bytes for each
/// value in hand, 256 MiB at most as given, and 2 MiB; a larger picture is gone through several times instead. The
/// entries take 24 bytes each, twice that while they grow: at most 4.8 GB for 10^8 pixels that all differ.
/// Throws E_SHAPE, and E_NONFINITE for NaN or infinity inside the scope, naming the first place.
score_counts count_pixels(const cv::Mat& values, const cv::Mat& truth, const cv::Mat& scope = {},
                          std::int64_t in_hand = std::int64_t{1} << 24);

struct best_threshold {
  double threshold = 0;
  confusion table;
};

/// The threshold, of the values themselves, with the largest Dice, the highest one among equals: an *oracle*, for it is
/// chosen with the truth in hand. Nothing when no pixel is positive.
std::optional<best_threshold> find_best_dice(const score_counts& counts);

}  // namespace medvision
