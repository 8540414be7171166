// SPDX-License-Identifier: Apache-2.0
// What does a map of few cells say at each pixel of a picture? Maps are put on other grids here, and nowhere else.
#pragma once

#include <functional>
#include <opencv2/core/mat.hpp>
#include <string_view>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// nearest: the cell that holds the pixel's centre; along an axis where the pixels begin at the edge of a cell, that
/// of the pixel's corner nearest to the map's origin, floor(i·in/out). linear, cubic (Keys,
/// a = -0.75): between the cells' centres, constant beyond the outermost ones. area: the mean of what the pixel covers.
enum class upsampling { nearest, linear, area, cubic };

struct upsample_parameters {
  upsampling how = upsampling::linear;
  bool overshoot = false;  ///< cubic may leave the range of the map's values; else it is cut there
};

/// One channel on a picture's pixels, through both frames.
/// cells: H×W 32F. cells_to_source: its frame. size, picture_to_source: of the picture.
/// returns: `size` 32F, 0 where the pixel's centre lies outside the map; `cells` itself when the grids are one.
/// throws: E_SHAPE; E_FRAME (a frame that cannot be inverted; a map that lies beside the picture; a turn that is no
/// quarter of a circle, for area and cubic). source: nearest and linear are those of PyTorch (align_corners off) and
/// OpenCV; linear agrees to 1e-6. differs: OpenCV's warpAffine places to 1/32 of a cell, this to the precision of the
/// frame.
cv::Mat place_map(const cv::Mat& cells, const frame& cells_to_source, cv::Size size, const frame& picture_to_source,
                  const upsample_parameters& p = {});

/// The same for all channels, never whole in memory: `take` gets some rows at a time (n×W 32F, its own), channel by
/// channel, downwards. map: C×H×W 32F.
void place_rows(const cv::Mat& map, const frame& map_to_source, cv::Size size, const frame& picture_to_source,
                const upsample_parameters& p, const std::function<void(const cv::Mat& rows)>& take);

/// A map stretched to a size: its frame is then compose(frame before, resize_frame(size before, size)).
/// map: H×W or C×H×W, 32F. returns: the same number of axes, 32F. throws: E_SHAPE.
cv::Mat upsample(const cv::Mat& map, cv::Size size, const upsample_parameters& p = {});

/// By their names above. Throws E_OPTION (blame request) for another word.
upsampling upsampling_named(std::string_view word);

}  // namespace medvision
