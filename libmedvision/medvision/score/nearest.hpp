// SPDX-License-Identifier: Apache-2.0
// How far is each marked pixel from the nearest pixel of another set? Exactly, in steps that may differ down and
// across.
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

namespace medvision {

/// Distance between neighbouring pixels down a column and along a row: 1 and 1 for pixels, else mm.
struct pixel_steps {
  double row = 1, column = 1;
};

/// Squared Euclidean distance, between centres, of each nonzero pixel of `from` to the nearest nonzero one of `to`.
/// from, to: H×W 8U of one size. steps: positive. Returns one value a pixel of `from`, unsorted; in units of the steps,
/// squared, and exact whole numbers for steps of 1. Empty when `from` is. Throws E_SHAPE, and E_EMPTY_SET when only
/// `to` has no pixel. Source: columns, then parabolas along rows: Felzenszwalb and Huttenlocher, Distance transforms of
/// sampled functions, Theory of Computing 8, 2012, section 2. Differs: only rows with a marked pixel are gone through,
/// and one with few by looking outward from each of them. Time of H×W plus, a row, no more than 4 W and W log-free
/// parabolas.
std::vector<double> nearest_squared(const cv::Mat& from, const cv::Mat& to, const pixel_steps& steps = {});

}  // namespace medvision
