// SPDX-License-Identifier: Apache-2.0
// One channel from a colour picture: a weighted sum, unrounded where the next step needs it, or the green channel.
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

/// Weights of the channels, no unit, each -10 to 10. The defaults are those of ITU-R BT.601.
struct gray_weights {
  double red = 0.299, green = 0.587, blue = 0.114;
};

/// (red * R + green * G) + blue * B in double precision, not rounded.
/// image: H×W, 3 channels (B,G,R) or 1, 8U or 16U. A picture of one channel is its own grey, whatever the weights.
/// Returns H×W 64F in the values of the picture.
/// Throws E_SHAPE (empty, or neither 1 nor 3 channels), E_DEPTH (neither 8 nor 16 bit).
/// Source: retina-unet preprocessing, step 1. Differs from cv::cvtColor, which rounds.
cv::Mat gray(const cv::Mat& image, const gray_weights& weights);

/// gray(), rounded half to even and saturated to the picture's depth. Returns H×W 8U or 16U. Throws as gray().
cv::Mat rounded_gray(const cv::Mat& image, const gray_weights& weights);

/// The green channel, where vessels stand out most. Returns H×W in the picture's depth. Throws as gray().
cv::Mat green_channel(const cv::Mat& image);

/// stretch(gray()) in two passes over the picture and without a plane of doubles, bit for bit the same:
/// trunc((g - min) / (max - min) * top), top 255 or 65535. A constant picture gives zeros.
/// Returns H×W in the picture's depth. Throws as gray().
cv::Mat stretched_gray(const cv::Mat& image, const gray_weights& weights);

}  // namespace medvision
