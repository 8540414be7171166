// SPDX-License-Identifier: Apache-2.0
// What is kept of a fundus photograph: around the field of view that is found, or around the one that is known.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>

#include "medvision/crop/field_box.hpp"
#include "medvision/crop/fundus.hpp"
#include "medvision/geometry/frame.hpp"

namespace medvision {

struct fundus_cut {
  cv::Rect kept;                     ///< pixels of the picture
  cv::Rect field;                    ///< box of the field of view, pixels of the picture
  cv::Mat mask;                      ///< of `kept`, 8U, 255 inside; empty where the field was known
  std::optional<double> confidence;  ///< of find_fundus_field; none where the field was known
};

/// image: as find_fundus_field. known: a mask of the field of view with its frame, or empty. pad: kept around it.
/// throws: as find_fundus_field and field_box.
fundus_cut plan_fundus_cut(const cv::Mat& image, const cv::Mat& known, const frame& known_to_source,
                           const frame& picture_to_source, const padding& pad);

}  // namespace medvision
