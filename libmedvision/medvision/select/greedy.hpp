// SPDX-License-Identifier: Apache-2.0
// Where to look closer: one window after the other, each the best of what the ones before it left.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <vector>

namespace medvision {

struct pick_parameters {
  cv::Size window{4, 4};       ///< cells, positive, at most the response
  int count = 6;               ///< windows wanted, at least 1
  std::optional<double> stop;  ///< end where nothing above 0 is left, or less than this share of the first score
};

struct pick {
  cv::Rect cells;       ///< the window, inside the response
  cv::Point peak;       ///< pick_peaks: the cell of the largest response; else the window's first
  double score = 0;     ///< pick_windows: mean over the window of what was left; pick_peaks: the response. NaN if it is
  bool repeat = false;  ///< the same window was chosen before
};

/// The window with the largest sum, the first in row-major order of equal ones, again and again; what lies in it counts
/// 0 from then on. Sums are taken in fixed point (62 bits for the largest sum there can be), so that equal windows are
/// equal to the last bit; a summed-area table of the neighbourhood renews those that the last window touched.
/// response: H×W 32F. returns: `count` windows, fewer with `stop`. When all is used up the first window follows, again
/// and again, as a repeat. A response with a NaN gives the first window that holds one, `count` times.
/// throws: E_SHAPE, E_WINDOW (not positive, larger than the response), E_COUNT, E_NONFINITE (an infinity).
/// source: Shen et al., GMIC, Med. Image Anal. 68, 2021, algorithm 1.
std::vector<pick> pick_windows(const cv::Mat& response, const pick_parameters& p);

/// The cell with the largest response, the first of equal ones, again and again; the window around it (the cell right
/// and below of the middle if even, moved inside the response) counts 0 from then on.
/// returns: up to `count`; fewer where nothing above 0 is left, whether or not `stop` is given.
/// throws: as pick_windows, and E_NONFINITE for NaN. source: Wang et al., Zoom-in-Net, MICCAI 2017. differs: the
/// article leaves ties, the stop and the border open.
std::vector<pick> pick_peaks(const cv::Mat& response, const pick_parameters& p);

}  // namespace medvision
