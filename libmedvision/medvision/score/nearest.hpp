// SPDX-License-Identifier: Apache-2.0
// How far is each marked pixel from the nearest pixel of another set? Exactly, in steps that may differ down and
// across.
#pragma once

#include <cstddef>
#include <opencv2/core/mat.hpp>
#include <span>
#include <vector>

namespace medvision {

/// Distance between neighbouring pixels down a column and along a row: 1 and 1 for pixels, else mm.
struct pixel_steps {
  double row = 1, column = 1;
};

/// The marked pixels of a picture, row by row: those of row y are columns[begin[y]] to before columns[begin[y + 1]].
struct pixel_rows {
  cv::Size size;
  std::vector<int> columns;
  std::vector<std::size_t> begin;

  [[nodiscard]] std::span<const int> row(int y) const {
    return {columns.data() + begin[std::size_t(y)], columns.data() + begin[std::size_t(y) + 1]};
  }
};

/// The nonzero pixels of a mask. mask: H×W 8U. Throws E_SHAPE.
pixel_rows list_pixels(const cv::Mat& mask);

/// Squared Euclidean distance, between centres, of each pixel of `from` to the nearest one of `to`, two sets of one
/// picture. steps: positive. Returns one value a pixel of `from`, rows from the last to the first; in units of the
/// steps, squared, and exact whole numbers for steps of 1. Empty when `from` is. Throws E_SHAPE, and E_EMPTY_SET when
/// only `to` has no pixel.
/// Source: columns, then parabolas along rows: Felzenszwalb and Huttenlocher, Distance transforms of sampled functions,
/// Theory of Computing 8, 2012, section 2. Differs: only rows with a marked pixel are gone through, and one with few by
/// looking outward from each. Time and memory of H×W, in bytes where all distances are below 255 rows.
std::vector<double> nearest_squared(const pixel_rows& from, const pixel_rows& to, const pixel_steps& steps = {});

}  // namespace medvision
