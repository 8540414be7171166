// SPDX-License-Identifier: Apache-2.0
// A small picture as JPEG in memory, to be put into a page. Not a format for pictures that are measured: it is lossy.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>

namespace medvision {

/// The bytes of a baseline JPEG file.
///   image    H×W, 8U, 1 channel or 3 in OpenCV's order, at most 65500 pixels a side
///   quality  1 to 100, libjpeg's scale
///   returns  one picture gives the same bytes each time
///   throws   E_UNSUPPORTED for other pictures, E_NOMEM (environment)
std::string encode_jpeg(const cv::Mat& image, int quality = 85);

}  // namespace medvision
