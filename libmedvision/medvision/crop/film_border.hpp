// SPDX-License-Identifier: Apache-2.0
// Where does a scanned film lie in its picture? Scanners leave strips of white light or of black beside it.
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

struct film_border_parameters {
  double most_tilt = 0.105;    ///< of a strip's inner edge against the picture's, pixels a pixel; 0.105: 6 degrees
  double white_share = 0.5;    ///< a white strip's straight edge is seen on this share of its side, 0 to 1
  double black_share = 0.25;   ///< a black one's; film is black in places too, and hides the edge there
  double most_alike = 0.5;     ///< of the pixels just beyond the edge, that might be the strip's, 0 to 1
  double most_crossed = 0.15;  ///< no strip is believed that pictures run across on more than this share, 0 to 1
};

struct film_borders {
  cv::Rect inner;  ///< the largest upright box without any of a strip, pixels
  cv::Mat white;   ///< H×W 8U, 255 in white strips, up to their tilted edges
  int count = 0;   ///< strips found
};

/// The strips of white and black along the four sides, one behind the other (white paper behind a black pad), each up
/// to a straight edge that may be tilted: the line that most rows (columns) agree on, of where they leave the strip.
/// grey: H×W, 8U or 16U, one channel; meant for a picture reduced to about 1000 pixels, where an edge is one pixel
/// wide. returns: pixels of `grey`. Without strips `inner` is the whole picture. No side is cut by more than 45 %.
/// throws: E_SHAPE, E_DEPTH.
film_borders find_film_borders(const cv::Mat& grey, const film_border_parameters& p = {});

}  // namespace medvision
