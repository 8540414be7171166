// SPDX-License-Identifier: Apache-2.0
// The name tells the format, as it does where maps are written.
#include "medvision/io/image_map.hpp"

#include <fmt/format.h>

#include <vector>

#include "medvision/error.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/io/tensor_file.hpp"

namespace medvision {

cv::Mat read_cells(const std::string& path, const std::array<int, 3>& shape, const image_limits& limits, bool finite) {
  const std::string extension = extension_of(path);
  if (extension != "png" && extension != "tif" && extension != "tiff")
    return read_map(path, shape, finite, limits.max_bytes);
  const cv::Mat picture = read_image(path, limits);
  if (picture.type() != CV_16UC1)
    throw error("E_UNSUPPORTED", fmt::format("{}: {} channels of {}, a map that is a picture has one of u16", path,
                                             picture.channels(), depth_name(picture.depth())));
  if (shape != std::array<int, 3>{1, picture.rows, picture.cols})
    throw error("E_SHAPE", fmt::format("{} holds 1x{}x{} values, the record says {}x{}x{}", path, picture.rows,
                                       picture.cols, shape[0], shape[1], shape[2]));
  cv::Mat cells;
  picture.convertTo(cells, CV_32F, 1.0 / 65535);
  return cells.reshape(1, std::vector<int>{1, picture.rows, picture.cols});
}

}  // namespace medvision
