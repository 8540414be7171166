// SPDX-License-Identifier: Apache-2.0
// How much should each pixel count when a network learns to keep neighbouring objects apart?
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

struct border_weight_parameters {
  double w0 = 10;    ///< weight in the middle of a gap of no width, 0 or more
  double sigma = 5;  ///< how far gaps reach, pixels, positive, to 1000
};

/// w(x) = w_c(x) + w0 exp(-(d1(x) + d2(x))^2 / (2 sigma^2)), d1 and d2 the distances of pixel centres from x to the
/// border of the nearest and of the second nearest object. Objects are the pieces (of pixels that touch by a side or a
/// corner) of equal value that is not 0; their border are the pixels with a neighbour of another value beside, above or
/// below. w_c balances the classes, object and background: of n pixels, n / (classes there are * pixels of its class).
/// With fewer than two objects the second term is 0.
/// labels: H×W, one channel, 8U or 16U. returns: H×W 32F, every value positive.
/// throws: E_SHAPE (empty, several channels), E_DEPTH, E_OPTION (request) for parameters out of range.
/// source: Ronneberger, Fischer, Brox, U-Net, MICCAI 2015, equation 2.
/// differs: the article's w_c balances the whole training set, this one the picture; terms below w0 2^-60 are 0.
cv::Mat border_weights(const cv::Mat& labels, const border_weight_parameters& p = {});

}  // namespace medvision
