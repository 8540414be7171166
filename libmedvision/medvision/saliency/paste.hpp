// SPDX-License-Identifier: Apache-2.0
// What do the maps of regions and the map of the whole picture say together? The regions laid on it, and the mean.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string_view>
#include <vector>

#include "medvision/geometry/frame.hpp"
#include "medvision/saliency/upsample.hpp"

namespace medvision {

/// A pixel that no region covers. half: half of the picture's map, as if a region of zeros lay there. keep: that map.
enum class uncovered { half, keep };

/// The map of one region. cells: C×h×w 32F. to_source: from its cells.
struct region_map {
  cv::Mat cells;
  frame to_source;
};

/// The picture's map on its pixels; where regions lie the mean of it and theirs, of several the last one's.
///   map      C×H×W 32F. map_to_source: its frame.
///   regions  each of C channels, upright; what runs outside the picture is dropped.
///   size     of the picture, with picture_to_source. how: how maps come to the picture's pixels.
///   returns  C×height×width, 32F
///   throws   E_SHAPE (other channels, no map); as place_map
///   source   GLAM's code: both maps by nearest cells, and half of the global one beside the patch
cv::Mat paste_maps(const cv::Mat& map, const frame& map_to_source, const std::vector<region_map>& regions,
                   cv::Size size, const frame& picture_to_source, uncovered outside,
                   const upsample_parameters& how = {upsampling::nearest});

/// "half", "keep". Throws E_OPTION (request) for another word.
uncovered uncovered_named(std::string_view word);

}  // namespace medvision
