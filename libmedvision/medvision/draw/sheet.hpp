// SPDX-License-Identifier: Apache-2.0
// How do many pictures look side by side? A contact sheet, filled one picture at a time.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>

namespace medvision {

struct sheet_layout {
  cv::Size grid{0, 0};      ///< pictures a row, and rows; each at least 1
  cv::Size cell{320, 320};  ///< pixels a picture gets, its caption included; 48 to 4096 each
};

/// A black sheet for so many pictures: as many rows as they fill, at most grid.height.
/// Returns 8UC3. Throws E_OPTION (request): no grid, a cell out of range, a sheet above 2^28 pixels.
cv::Mat start_sheet(int pictures, const sheet_layout& layout);

/// Puts a picture into its cell, reduced (area) or enlarged (linear) with its shape kept, and a line of text below it.
///   sheet    of start_sheet; drawn on.
///   place    of the picture, from 0, row by row.
///   picture  8UC3, any size.
///   caption  what does not fit is cut at its front, since names differ at their ends; bytes beyond ASCII become '?'.
///   throws   E_SHAPE: another type, or a place that is not on the sheet.
void put_on_sheet(cv::Mat& sheet, const sheet_layout& layout, int place, const cv::Mat& picture,
                  const std::string& caption);

}  // namespace medvision
