// SPDX-License-Identifier: Apache-2.0
// A window of pixels on a map of cells, and back: the roundings that published positions were made with.
#pragma once

#include <opencv2/core/types.hpp>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// A window of pixels in cells: round-half-even(side · cells / pixels) along each axis.
/// window: pixels of the picture, positive. map: cells. map_to_picture: upright, it may be mirrored.
/// returns: cells, at least 1x1 and at most the map. throws: E_FRAME (the map lies turned or askew), E_WINDOW (not
/// positive, below half a cell, or larger than the map).
cv::Size window_in_cells(cv::Size window, cv::Size map, const frame& map_to_picture);

/// The picture's window for a window of cells: its left and top are round-half-even(cell / cells · pixels), its size is
/// `window`, so that it may run outside where the map is coarse. Throws E_FRAME.
/// source: GMIC's and GLAM's code, where the map covers the picture; moved and mirrored maps follow from it.
cv::Rect window_in_picture(const cv::Rect& cells, cv::Size map, const frame& map_to_picture, cv::Size window);

}  // namespace medvision
