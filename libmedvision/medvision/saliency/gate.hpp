// SPDX-License-Identifier: Apache-2.0
// Where does a network look, and what does it say there? Score maps weighted by gate maps.
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

namespace medvision {

/// Softmax over the cells of each channel alone. gates: C×H×W 32F, finite.
/// returns: the same shape, every channel positive with sum 1. throws: E_SHAPE, E_NONFINITE.
cv::Mat softmax_cells(const cv::Mat& gates);

/// Gated scores, cell by cell: G = S·A. scores, gates: C×H×W 32F of one shape. returns: the same shape.
/// throws: E_SHAPE. source: Wang et al., Zoom-in-Net, MICCAI 2017.
cv::Mat gate_scores(const cv::Mat& scores, const cv::Mat& gates);

/// What gated scores say of the picture: the sum over the cells of each channel, in 64 bit. map: C×H×W 32F.
/// returns: C sums. throws: E_SHAPE.
std::vector<double> sum_cells(const cv::Mat& map);

}  // namespace medvision
