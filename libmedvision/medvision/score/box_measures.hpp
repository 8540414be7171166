// SPDX-License-Identifier: Apache-2.0
// The measures of one picture's boxes, by name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "medvision/score/boxes.hpp"

namespace medvision {

/// A measure, or nothing with the reason why.
struct named_measure {
  std::string name;
  std::optional<double> value;
  std::string why;
};

/// curve: also found, recall and image_found at 0.05, 0.10, … 1.00, as "found@0.05". tolerance: of the pointing game,
/// in pixels of the boxes. scored: whether the predictions have scores, without which pointing is undefined.
struct box_questions {
  hit_rule hit;
  bool curve = false, scored = true;
  double tolerance = 0;
};

/// truth, predicted, found, recall, image_found, pointing. Recall over boxes of a study is the sum of found over the
/// sum of truth; recall over pictures is the mean of image_found. Throws E_BOX.
/// Source: the protocol of Zoom-in-Net, Wang et al., MICCAI 2017.
std::vector<named_measure> measure_boxes(std::span<const labelled_box> truth, std::span<const labelled_box> predicted,
                                         const box_questions& q);

}  // namespace medvision
