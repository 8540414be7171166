// SPDX-License-Identifier: Apache-2.0
// Where does a network look, and what does it say there? Score maps weighted by gate maps.
#pragma once

#include <array>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// What is told of a map beside its values; classes: none, or one a channel.
struct map_cells {
  std::string name;
  std::array<int, 3> shape{};
  std::vector<std::string> classes;
  frame to_source;
};

/// May the one be weighted by the other? throws: E_SHAPE for other shapes or frames, E_CLASS where both name their
/// channels and the names differ, or their order.
void check_same_cells(const map_cells& scores, const map_cells& gates);

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
