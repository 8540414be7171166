// SPDX-License-Identifier: Apache-2.0
// Every score of a map of one case: each of its classes and regions, in each scope.
#pragma once

#include <array>
#include <functional>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "medvision/geometry/frame.hpp"
#include "medvision/score/mask_scores.hpp"
#include "medvision/score/mask_values.hpp"

namespace medvision {

struct map_case {
  std::string name;                                      ///< of the map
  cv::Mat cells;                                         ///< C×H×W 32F
  std::vector<std::string> classes;                      ///< of its channels
  frame to_source;                                       ///< from cells to source pixels
  std::optional<double> threshold;                       ///< that of the network's card
  std::vector<std::string> masks;                        ///< names of the truth masks there are
  std::function<cv::Mat(const std::string&)> read_mask;  ///< the file of one of them, as read_truth takes it
  std::optional<frame> field_to_source;                  ///< nothing: the case has no field of view
  std::function<cv::Mat()> read_field;                   ///< its mask, H×W 8U, in that frame
  cv::Size source;                                       ///< size of the source, pixels; 0x0: not known
  std::optional<std::array<double, 2>> spacing_mm;       ///< row, column
};

struct map_score_parameters {
  mask_score_parameters scores;       ///< its thresholds are those below
  std::vector<double> thresholds;     ///< none: the map's own, else 0.5
  std::vector<std::string> classes;   ///< none: all channels
  std::vector<std::string> truths;    ///< MASK or CLASS=MASK
  std::vector<std::string> regions;   ///< NAME=CLASS+CLASS
  std::vector<std::string> scopes;    ///< "fov", "image"; none: fov where there is one, else image
  std::vector<std::string> mask_map;  ///< VALUE=MEANING
  std::vector<std::string> groups{"overlap", "soft", "ranking", "surface"};
  std::string hit = "any";

  /// Parts the entries of each list at their commas, then throws E_OPTION (request) for a word that means nothing, or a
  /// tolerance below 0.
  void prepare();
};

/// A mask as a map of one class: 1×H×W 32F, 1 where it is nonzero, 0 elsewhere. mask: H×W 8U. Throws E_SHAPE.
cv::Mat map_of_mask(const cv::Mat& mask);

/// What was found of one class in one scope. prefix: <map>.<scope>, or <map>.<class>.<scope> where there are several
/// classes.
using found_scores = std::function<void(const std::string& prefix, const mask_scores& scores)>;

/// Scores class after class, scope after scope, on the pixels of the truth. Throws what prepare, find_classes,
/// read_truth, place_on_source and score_mask throw, E_SHAPE when a truth mask is not of the source's size, and
/// E_RECORD when the scope is a field of view that the case does not have.
void score_map(const map_case& c, const map_score_parameters& p, const found_scores& found);

}  // namespace medvision
