// SPDX-License-Identifier: Apache-2.0
// Contrast made equal tile by tile, with a limit on how much noise may be lifted (CLAHE).
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

struct clahe_parameters {
  double clip_limit = 2.0;    ///< a histogram bin holds at most this many times its even share; above 0, to 1000
  int columns = 8, rows = 8;  ///< tiles across and down, each 1 to 256
};

/// CLAHE, in place. image: H×W, 8U or 16U, overwritten; 1 channel, or 3 (B,G,R), of which the L of CIE Lab is
/// equalised: 8 bit by OpenCV's 8-bit Lab, 16 bit through 32F Lab with L in 65536 steps.
/// Returns the same pixels, same depth. A constant picture stays constant.
/// Throws E_SHAPE, E_DEPTH, E_OPTION (blame request).
/// Source: Zuiderveld, Graphics Gems IV, 1994; bit for bit cv::createCLAHE(clip_limit, {columns, rows}).
cv::Mat clahe(cv::Mat image, const clahe_parameters& p = {});

}  // namespace medvision
