// SPDX-License-Identifier: Apache-2.0
// Which channels of a map are compared with which truth masks? One class at a time, and regions of several.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "medvision/score/mask_values.hpp"

namespace medvision {

/// What there is, and what was asked for; an empty list means: nothing was said.
struct class_request {
  std::string map;                    ///< its name
  int channel_count = 1;              ///< of the map
  std::vector<std::string> channels;  ///< their names; none: the map's name, or 0, 1, … where there are several
  std::vector<std::string> masks;     ///< of the truth
  std::vector<std::string> classes;   ///< channels to score; none: all
  std::vector<std::string> truths;    ///< MASK, for every class, or CLASS=MASK
  std::vector<std::string> regions;   ///< NAME=CLASS+CLASS…, scored beside the classes
};

struct mask_class {
  std::string prefix;              ///< of its measures: the map, and the class where there are several
  std::vector<std::string> names;  ///< of the class, or of all in the region
  std::vector<int> channels;       ///< one for each name
  std::vector<std::string> masks;  ///< one for each name
};

/// A class's mask is the one asked for, else that of its name; of a map with one channel also that of the map's name,
/// else the only one there is. Throws E_CLASS and E_TRUTH (no such channel; no such mask), naming those there are, and
/// E_OPTION (request) for a region that is not NAME=CLASS+CLASS.
std::vector<mask_class> find_classes(const class_request& request);

/// The largest value of these channels. cells: C×H×W 32F. Returns H×W 32F, for one channel the map's own pixels. NaN
/// wins. Throws E_SHAPE.
cv::Mat largest_channel(const cv::Mat& cells, const std::vector<int>& channels);

/// What any of them calls positive; ignored is what some ignore and none calls positive. Throws E_SHAPE when they
/// differ in size.
truth_mask join_truths(const std::vector<truth_mask>& masks);

}  // namespace medvision
