// SPDX-License-Identifier: Apache-2.0
// What is known of one case while it goes through a network or a system of them: in memory, nothing written yet.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/geometry/frame.hpp"
#include "medvision/infer/session.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/record/record.hpp"

namespace medvision {

/// One map, one list of features, or scores: of the picture, or of its regions one behind the other.
struct held_answer {
  std::string name, kind;            ///< "map", "features", "scores"
  std::vector<std::string> classes;  ///< scores: of one value it may be empty
  bool of_regions = false;
  cv::Mat values;                ///< map C×H×W, features of their own shape, 32F; scores C, 64F; of regions K× that
  std::vector<frame> to_source;  ///< map: from its cells; of regions K
  std::optional<double> threshold;
};

/// What a stage asks for by name.
struct wanted_answer {
  std::string name, kind;
  bool of_regions = false;
};

struct case_in_hand {
  record known;                    ///< as it came in; then with the regions that were chosen
  std::vector<inference> whole;    ///< of each stage that looks at the picture: the picture, fitted
  std::vector<cv::Mat> cut_from;   ///< of each stage that looks at regions: the picture they are cut from, normalised
  std::vector<held_answer> given;  ///< read from files that the record names
  std::vector<held_answer> made;
  bool chose_regions = false;
  std::vector<std::string> warnings;

  /// Throws E_RECORD when there is none of that name and kind.
  [[nodiscard]] const held_answer& find(const wanted_answer& w) const;
};

/// Item k of an answer of regions, its own pixels; nothing is copied.
cv::Mat item_of(const held_answer& a, int k);

/// The answers of a network for a picture. to_source: from its pixels.
std::vector<held_answer> hold(std::vector<network_output> outputs, const frame& to_source);

/// The same for regions, one inference each. Throws E_SHAPE when they differ in shape.
std::vector<held_answer> hold_regions(std::vector<inference>& regions, const frame& to_source);

/// What the record's files hold of that name. Throws as read_cells and read_item, E_RECORD when it names none.
held_answer read_held(const record& r, const wanted_answer& w, const image_limits& limits, bool finite = true);

/// Says it in a record, under `name`. path: the file that holds its values, unless it is scores.
void put(record& r, const held_answer& a, const std::string& name, const std::string& path);

}  // namespace medvision
