// SPDX-License-Identifier: Apache-2.0
// Half-open boxes: how they move between frames and how much of them they share.
#pragma once

#include <opencv2/core/types.hpp>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// The smallest upright box around `b` (inner pixels) after `f`, in outer pixels. Exact for shifts, scales, flips
/// and quarter turns.
cv::Rect2d map_box(const frame& f, const cv::Rect2d& b);

/// Each corner rounded half-to-even to whole pixels, so that boxes that touch still touch.
cv::Rect round_corners(const cv::Rect2d& b);

/// The part of `b` inside an image of `size`; empty (0x0 at the origin) when nothing is.
cv::Rect clip(const cv::Rect& b, cv::Size size);

/// Area shared by both, 0 when they are apart. Pixels squared.
double intersection_area(const cv::Rect2d& a, const cv::Rect2d& b);

}  // namespace medvision
