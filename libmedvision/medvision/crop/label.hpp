// SPDX-License-Identifier: Apache-2.0
// Where on a film are bright stickers with letters? They may touch the breast, which hides them from its background.
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

struct label_parameters {
  double bright = 0.8;        ///< from this share of the film's range on, 0 to 1
  double least_area = 2e-4;   ///< of the picture; smaller is text or dust
  double most_area = 0.08;    ///< of the picture; larger is no sticker
  double least_filled = 0.7;  ///< of the smallest turned rectangle around it, letters included, 0 to 1
  double least_dark = 0.75;   ///< of its rim that is at most 0.6 times as bright, 0 to 1
};

/// Bright pieces that fill a (turned) rectangle and end sharply on most of their rim. A mass in the breast does not end
/// sharply, a calcification is too small, a muscle fills no rectangle.
/// grey: H×W, 8U or 16U, one channel, reduced to about 1000 pixels. elsewhere: H×W 8U, nonzero where not to look.
/// returns: H×W 8U, 255 in the rectangles, a pixel wider than the pieces; all 0 where there is none.
cv::Mat find_labels(const cv::Mat& grey, const cv::Mat& elsewhere, const label_parameters& p = {});

}  // namespace medvision
