// SPDX-License-Identifier: Apache-2.0
// What does a map say of the whole picture? The mean of its highest cells.
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

namespace medvision {

/// The mean of the k highest cells of each channel, k = share of the cells rounded half to even; summed in 64 bit, so
/// that the order of equal cells does not matter. map: C×H×W 32F, finite. share: above 0, at most 1.
/// returns: C means. throws: E_SHAPE, E_NONFINITE, E_SHARE (share out of range, or k would be 0).
/// source: Shen et al., GMIC, Med. Image Anal. 68, 2021 (top-t % pooling).
std::vector<double> top_percent(const cv::Mat& map, double share);

}  // namespace medvision
