// SPDX-License-Identifier: Apache-2.0
// The one thing wanted from EXIF: tag 0x0112 of the first directory. Every offset is checked; what does not fit is
// taken for "no orientation", because a damaged camera note is no reason to refuse the pixels.
#include <opencv2/core.hpp>

#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

struct exif_block {
  std::span<const unsigned char> bytes;
  bool big_endian = false;

  [[nodiscard]] bool holds(std::size_t offset, std::size_t count) const {
    return offset <= bytes.size() && count <= bytes.size() - offset;
  }
  [[nodiscard]] unsigned u16(std::size_t at) const {
    return big_endian ? unsigned(bytes[at] << 8 | bytes[at + 1]) : unsigned(bytes[at + 1] << 8 | bytes[at]);
  }
  [[nodiscard]] std::size_t u32(std::size_t at) const {
    return big_endian ? std::size_t{u16(at)} << 16 | u16(at + 2) : std::size_t{u16(at + 2)} << 16 | u16(at);
  }
};

constexpr unsigned orientation_tag = 0x0112, short_type = 3;

}  // namespace

int exif_orientation(std::span<const unsigned char> block) {
  exif_block exif{block};
  if (!exif.holds(0, 8) || block[0] != block[1] || (block[0] != 'I' && block[0] != 'M')) return 1;
  exif.big_endian = block[0] == 'M';
  if (exif.u16(2) != 42) return 1;
  const std::size_t directory = exif.u32(4);
  if (!exif.holds(directory, 2)) return 1;
  const unsigned entries = exif.u16(directory);
  for (unsigned i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + std::size_t{12} * i;
    if (!exif.holds(entry, 12)) return 1;
    if (exif.u16(entry) != orientation_tag) continue;
    const unsigned value = exif.u16(entry + 8);
    const bool sound = exif.u16(entry + 2) == short_type && exif.u32(entry + 4) == 1 && value >= 1 && value <= 8;
    return sound ? int(value) : 1;
  }
  return 1;
}

cv::Mat apply_orientation(const cv::Mat& image, int orientation) {
  // 5 to 8 are 1 to 4 of the transposed picture.
  const bool transposed = orientation >= 5;
  cv::Mat upright = image;
  if (transposed) cv::transpose(image, upright);
  const int mirrored = transposed ? orientation - 4 : orientation;
  if (mirrored == 1) return upright;
  cv::Mat result;
  cv::flip(upright, result, mirrored == 2 ? 1 : mirrored == 4 ? 0 : -1);
  return result;
}

}  // namespace medvision
