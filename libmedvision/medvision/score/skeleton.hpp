// SPDX-License-Identifier: Apache-2.0
// How long is what a mask shows? Its centre lines, one pixel wide, and their length.
#pragma once

#include <opencv2/core/mat.hpp>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// Thins the nonzero pixels of a mask to centre lines; what is connected (8 neighbours) stays connected, except that
/// the method erases a lone square of 2x2 pixels. Pixels beyond the border count as zero.
/// mask: H×W 8U. Returns H×W 8U, 0 or 255, a subset of the mask; all zero for an empty mask.
/// Throws E_SHAPE when it is not one channel of 8 bit.
/// Source: Zhang and Suen, Commun. ACM 27(3), 1984. Only pixels whose neighbourhood changed are looked at again, so
/// the time is that of the mask's area, not of width times passes.
cv::Mat skeletonize(const cv::Mat& mask);

/// Length of the lines of a skeleton: the distance between the centres of each pair of side neighbours, and of each
/// pair of diagonal neighbours that no common side neighbour joins already; corners of stairs count as diagonals. A
/// lone pixel has length 0. lines: H×W 8U, nonzero on the lines. to_source: the frame in whose target pixels the length
/// is. Throws E_SHAPE.
double skeleton_length(const cv::Mat& lines, const frame& to_source = {});

}  // namespace medvision
