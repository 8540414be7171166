// SPDX-License-Identifier: Apache-2.0
// The cells of a map, whichever of its two formats it is kept in. Apart from tensor_file, which needs no codec.
#pragma once

#include <array>
#include <opencv2/core/mat.hpp>
#include <string>

#include "medvision/io/image_file.hpp"

namespace medvision {

/// The cells of a map, of the shape its record states.
///   path     .npy of numbers, or a PNG or TIFF of one channel and 16 bits, where 65535 stands for 1
///   shape    channels, rows, columns; one channel of a picture
///   limits   of the picture before it is decoded; max_bytes of the .npy too
///   returns  C×H×W, 32F
///   throws   as read_map and read_image; E_SHAPE when the file has another shape, E_UNSUPPORTED when a picture has
///            other than one channel of 16 bits
///   finite   as in read_map
cv::Mat read_cells(const std::string& path, const std::array<int, 3>& shape, const image_limits& limits = {},
                   bool finite = true);

}  // namespace medvision
