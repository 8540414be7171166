// SPDX-License-Identifier: Apache-2.0
// How bright is the dark background of an X-ray picture? Scanners leave a pedestal and noise on it.
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

struct dark_level {
  double level = 0;  ///< the background's middle value
  double top = 0;    ///< values up to this are background; equal to `level` where the background is one value
};

/// The background's values, of the picture's histogram: the darkest level that many pixels share, and where above it
/// the counts have fallen to a hundredth, or have stopped falling.
/// grey: H×W, 8U or 16U, one channel, not empty.
/// returns: values of the picture. Of a background that is exactly 0 both are 0: what is above 0 is tissue.
/// throws: E_NO_TISSUE where no dark background is to be seen: one value only, no level that many pixels share, or one
/// in the bright half (an inverted picture).
/// differs: the published programs take 0. A background that drifts by more than its distance from the tissue has no
/// one level; nothing is done about drift but to widen the peak.
dark_level find_dark_level(const cv::Mat& grey);

}  // namespace medvision
