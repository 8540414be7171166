// SPDX-License-Identifier: Apache-2.0
// Area and length of a mask in source pixels.
#include "medvision/score/extent.hpp"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/score/skeleton.hpp"

namespace medvision {

extent measure_extent(const cv::Mat& mask, const cv::Mat& inside, const frame& mask_to_source) {
  if (mask.dims != 2 || mask.type() != CV_8U ||
      (!inside.empty() && (inside.size() != mask.size() || inside.type() != CV_8U)))
    throw error("E_SHAPE", fmt::format("masks of 8 bit and one size are measured; met {} of {}x{} and {}x{}",
                                       cv::typeToString(mask.type()), mask.cols, mask.rows, inside.cols, inside.rows));
  cv::Mat kept = mask != 0;
  if (!inside.empty()) kept.setTo(0, inside == 0);
  const double cells = cv::countNonZero(kept), scale = area_scale(mask_to_source);
  const double field = inside.empty() ? double(mask.total()) : cv::countNonZero(inside);
  extent e{cells * scale, skeleton_length(skeletonize(kept), mask_to_source), std::nullopt};
  if (field > 0) e.fraction = cells / field;
  return e;
}

measures measures_of(const extent& e, const std::string& name) {
  return {{name + ".area_px", e.area, {}},
          {name + ".length_px", e.length, {}},
          {name + ".area_fraction", e.fraction, e.fraction ? "" : "the field of view is empty"}};
}

}  // namespace medvision
