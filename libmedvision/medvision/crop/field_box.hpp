// SPDX-License-Identifier: Apache-2.0
// Which part of a picture is kept: the box of what it shows, and something around it.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string_view>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// The box of a known field in a picture: that of the mask's nonzero pixels, moved from the mask's frame to the
/// picture's, corners rounded, cut at the picture's edge.
/// mask: H×W 8U. size: of the picture. Throws E_NO_FOV when the mask is empty or lies outside the picture.
cv::Rect field_box(const cv::Mat& mask, const frame& mask_to_source, cv::Size size, const frame& picture_to_source);

/// How much to keep around a box: pixels, or a share of its larger side (rounded to pixels).
struct padding {
  double amount = 0;  ///< 0 or more
  bool is_share = false;
};

/// "20" or "4%". Throws E_OPTION (request) for anything else, more than 100000 pixels or more than 100 %.
padding padding_named(std::string_view text);

/// `box` widened by `pad` on each side, cut at the edge of a picture of `size`.
cv::Rect padded_box(const cv::Rect& box, const padding& pad, cv::Size size);

}  // namespace medvision
