// SPDX-License-Identifier: Apache-2.0
// A header that was checked, then one frame.
#include "medvision/io/dicom_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "medvision/error.hpp"
#include "medvision/io/dicom_header.hpp"

namespace medvision {

dicom_picture read_dicom(const std::string& path, int frame_number, const image_limits& limits) {
  return naming_file(path, [&](input_file& file) {
    dicom_elements elements(file, limits.max_bytes);
    dicom_picture picture;
    picture.header = read_header(elements, frame_number, limits);
    const dicom_header& h = picture.header;
    if (frame_number == 0 && h.frames > 1)
      throw error("E_PAGES", fmt::format("holds {} frames; --frame-number N, from 1, chooses one", h.frames));
    picture.pixels = read_codes(elements, h, std::max(0, frame_number - 1));
    picture.bits = h.bits_stored;
    if (h.is_color()) read_color(elements, cv::Mat(picture.pixels), picture);
    return picture;
  });
}

}  // namespace medvision
