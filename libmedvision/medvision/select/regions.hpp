// SPDX-License-Identifier: Apache-2.0
// From a map of classes to regions of a picture: one response, windows or peaks in it, and their places in pixels.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/geometry/frame.hpp"
#include "medvision/select/response.hpp"

namespace medvision {

/// window_sum: pick_windows. peak: pick_peaks.
enum class region_rule { window_sum, peak };

struct region_parameters {
  std::vector<std::string> classes;  ///< looked at, by name; empty: all
  response_parameters response;      ///< its channels are those of `classes`
  region_rule rule = region_rule::window_sum;
  cv::Size window{256, 256};   ///< pixels of the picture
  int count = 6;               ///< regions wanted, at least 1
  std::optional<double> stop;  ///< as in pick_parameters
};

struct region {
  cv::Rect window;              ///< pixels of the picture; it may run outside
  std::optional<double> score;  ///< as in pick; nothing where it is NaN
  std::string class_name;       ///< the one that was looked at, or won at the peak; empty: several, or it has no name
  bool repeat = false;
};

struct region_finding {
  std::vector<region> regions;
  bool flat = false;  ///< a class has the same value everywhere
};

/// map: C×H×W 32F. classes: its channels' names. map_to_picture: upright, it may be mirrored. inside: H×W 8U, on the
/// map's cells; where it is 0 the response counts 0; empty: everywhere. returns: the regions in the order of their
/// choice. throws: as channels_named, combine_channels, window_in_cells, pick_windows and pick_peaks; E_SHAPE for a
/// mask of another size.
region_finding find_regions(const cv::Mat& map, const std::vector<std::string>& classes, const frame& map_to_picture,
                            const cv::Mat& inside, const region_parameters& p);

/// Sets what words say. rule: window-sum, peak. classes: names; sum or max alone: all of them, so combined; else they
/// are added, for peaks the largest counts. normalize: minmax, none; empty: minmax, for peaks none. flat: zero, nan.
/// throws: E_OPTION (blame request) for another word.
void apply_words(region_parameters& p, std::string_view rule, const std::vector<std::string>& classes,
                 std::string_view normalize, std::string_view flat);

}  // namespace medvision
