// SPDX-License-Identifier: Apache-2.0
// What goes through a network and what comes of it, one picture, patch or list of features at a time.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// One output for one picture.
struct network_output {
  std::string name, kind;  ///< as the card says
  std::vector<std::string> classes;
  cv::Mat values;                   ///< map: C×h×w; features: their own shape; scores: C; 32F
  frame to_picture;                 ///< map: from its cells to the picture's pixels
  std::optional<double> threshold;  ///< the card's, where it states one for this output
  bool of_regions = false;          ///< scores: C of one region after the other, or one of each without classes
};

/// A picture, a patch or features on their way: fitted, then answered.
struct inference {
  cv::Mat values;    ///< what goes in: H×W, 32F; freed by forward
  frame to_picture;  ///< from its pixels to the picture's
  std::vector<network_output> outputs;
  std::vector<std::string> left_out;   ///< outputs that are no maps, of a picture that went through in tiles
  std::vector<cv::Mat> features = {};  ///< what goes in instead of values, as the card's inputs
};

}  // namespace medvision
