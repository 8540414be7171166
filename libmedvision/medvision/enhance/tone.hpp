// SPDX-License-Identifier: Apache-2.0
// Contrast and colour scaled by a factor, as cameras and films differ.
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

/// Every sample v becomes m + factor (v - m), m the mean grey of the picture (0.299 R + 0.587 G + 0.114 B).
/// image: H×W, 1 or 3 channels (B,G,R), 8U, 16U or 32F. factor: 0 (all grey m) or more, to 100; 1: nothing changes.
/// returns: H×W of its type; whole numbers rounded half to even and kept in range.
/// throws: E_SHAPE (empty, other channels), E_DEPTH, E_OPTION (request) for a factor out of range.
cv::Mat scale_contrast(const cv::Mat& image, double factor);

/// Every sample v becomes g + factor (v - g), g the grey of its pixel. A picture of one channel is its own grey and
/// stays as it is. Arguments, returns, throws as above; factor 0: grey in three channels.
cv::Mat scale_saturation(const cv::Mat& image, double factor);

}  // namespace medvision
