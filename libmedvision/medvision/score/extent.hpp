// SPDX-License-Identifier: Apache-2.0
// How much does a mask show, in pixels of the source: area, share of the field of view, length of its centre lines.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>

#include "medvision/geometry/frame.hpp"
#include "medvision/score/measure.hpp"

namespace medvision {

struct extent {
  double area = 0;                 ///< source pixels
  double length = 0;               ///< of the skeleton, side lengths of source pixels
  std::optional<double> fraction;  ///< area over that of the field of view; nothing when the field is empty
};

/// Measures the nonzero pixels of a mask inside a field of view. mask: H×W 8U. inside: H×W 8U, or empty: everywhere.
/// mask_to_source: the frame of both. Throws E_SHAPE. Source: skeletonize and skeleton_length.
extent measure_extent(const cv::Mat& mask, const cv::Mat& inside, const frame& mask_to_source);

/// <name>.area_px, <name>.length_px, <name>.area_fraction.
measures measures_of(const extent& e, const std::string& name);

}  // namespace medvision
