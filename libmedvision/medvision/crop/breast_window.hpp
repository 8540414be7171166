// SPDX-License-Identifier: Apache-2.0
// Which window of a fixed size shows most of a breast?
#pragma once

#include <opencv2/core/mat.hpp>

#include "medvision/crop/breast.hpp"

namespace medvision {

/// From above, or from the side and obliquely.
enum class breast_view { cc, mlo };

/// The centre of the best window. Of MLO: its bottom at the breast's lowest row, or above it at the last row with
/// tissue among the last columns, as many as the window has. Of CC: the row whose window holds most tissue, of equal
/// ones the nearest to the middle. Its right edge is the breast's rightmost column, which stays outside.
/// tissue: 8U, nonzero inside, the part `b.kept` of the picture, mirrored where the breast points left. b: of the same
/// picture. window: positive.
/// returns: in pixels of `tissue`; it may lie outside, also at negative places. throws: E_SHAPE (tissue is not of the
/// size kept), E_WINDOW.
/// source: Wu et al., IEEE Trans. Med. Imaging 39(4), 2020, and its program; so the column left out, and MLO unsought.
cv::Point best_centre(const cv::Mat& tissue, const breast_box& b, breast_view view, cv::Size window);

/// The window around a centre, moved inside a picture of `size`. Along an axis where the picture is smaller: at column
/// 0; at row 0 (MLO) or with the picture in its middle (CC, the odd row below). It then runs outside.
/// throws: E_WINDOW. source: as above, without its noise.
cv::Rect window_at(cv::Point centre, breast_view view, cv::Size window, cv::Size size);

}  // namespace medvision
