// SPDX-License-Identifier: Apache-2.0
// Where do a map's cells lie on the pixels of the truth? Only if they are pixels themselves: nothing is resampled.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// Cells moved onto the pixels of the source. cells: H×W of any type. to_source: their frame, a shift by whole pixels,
/// perhaps with flips and quarter turns. source: size of the truth. Returns `source` of the same type; what the cells
/// do not cover is 0, what lies outside the source is left out. what, remedy: named in sentences ("the map 'vessel'",
/// "run …"). Throws E_FRAME for any other frame, with the remedy, and E_SHAPE when the cells and the source share no
/// pixel.
cv::Mat place_on_source(const cv::Mat& cells, const frame& to_source, cv::Size source, const std::string& what,
                        const std::string& remedy = "run med-upsample --to source");

/// The pixels of the source that such cells of `size` cover.
cv::Rect covered_by(cv::Size size, const frame& to_source, cv::Size source);

}  // namespace medvision
