// SPDX-License-Identifier: Apache-2.0
// Where do these pixels lie in the original? A frame is the affine map that answers it.
//
// Coordinates: x right, y down, the origin is the top-left *corner* of the first pixel, so pixel (column i, row j)
// covers [i, i+1) x [j, j+1) and its centre is (i+0.5, j+0.5). A resize by s is then exactly x/s, without a
// half-pixel term, and crops, flips and rotations compose by matrix product.
#pragma once

#include <array>
#include <opencv2/core/types.hpp>

namespace medvision {

/// The 2x3 affine [m0 m1 m2; m3 m4 m5] from pixels of one image (inner) to pixels of another (outer), in pixels.
struct frame {
  std::array<double, 6> m{1, 0, 0, 0, 1, 0};
  bool operator==(const frame&) const = default;
};

/// The point p of the inner image, in pixels of the outer one.
cv::Point2d apply(const frame& f, cv::Point2d p);

/// First `inner`, then `outer`: apply(compose(outer, inner), p) == apply(outer, apply(inner, p)).
frame compose(const frame& outer, const frame& inner);

/// The map back. Throws E_FRAME when the frame is singular or not finite.
frame invert(const frame& f);

// Each of the following gives the frame from the new image's pixels to the old image's pixels.

/// The new image starts at (left, top) of the old one; negative values are a padding.
frame crop_frame(double left, double top);

/// The old image of size `from` was resized to size `to` (both positive, else E_FRAME).
frame resize_frame(cv::Size from, cv::Size to);

/// The old image of size `size` was mirrored: left-right if `horizontal`, else top-bottom.
frame flip_frame(cv::Size size, bool horizontal);

/// The old image of size `size` was turned clockwise by quarter_turns x 90 degrees (any integer).
frame rotation_frame(cv::Size size, int quarter_turns);

/// Pixels of the outer image that one pixel of the inner one covers (area, always positive).
double area_scale(const frame& f);

/// True when the map is a shift by whole pixels, perhaps with flips or quarter turns: no resampling is needed.
bool is_pixel_exact(const frame& f);

}  // namespace medvision
