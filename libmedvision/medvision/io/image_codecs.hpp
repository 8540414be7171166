// SPDX-License-Identifier: Apache-2.0
// What image_file and its codecs share: one probe, one decode and perhaps one encode a format, and the steps after
// decoding that no format owns. Not for others.
//
// Codec functions take a file at position 0 whose first bytes are known to be theirs. They throw error without naming
// the path, and they do not turn the picture: info.orientation says how image_file must.
#pragma once

#include <functional>
#include <opencv2/core/mat.hpp>
#include <span>

#include "medvision/io/atomic_file.hpp"
#include "medvision/io/carried_exception.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/input_file.hpp"

namespace medvision {

/// A decoded picture, as stored, before its orientation is applied.
struct decoded_image {
  cv::Mat pixels;
  image_info info;
};

image_info probe_png(input_file& file, const image_limits& limits);
image_info probe_jpeg(input_file& file, const image_limits& limits);
image_info probe_tiff(input_file& file, const image_limits& limits);
image_info probe_pnm(input_file& file, const image_limits& limits);
image_info probe_gif(input_file& file, const image_limits& limits);

decoded_image decode_png(input_file& file, const image_limits& limits);
decoded_image decode_jpeg(input_file& file, const image_limits& limits);
decoded_image decode_tiff(input_file& file, const image_limits& limits);
decoded_image decode_pnm(input_file& file, const image_limits& limits);
decoded_image decode_gif(input_file& file, const image_limits& limits);

void encode_png(const cv::Mat& image, atomic_file& file);
void encode_tiff(const cv::Mat& image, atomic_file& file);
void encode_pnm(const cv::Mat& image, atomic_file& file);

/// Throws E_DECODE for a size that is not positive and E_TOO_LARGE, from the header alone. stored_channels counts an
/// alpha channel that will be decoded too.
void check_budget(const image_info& info, const image_limits& limits, int stored_channels);
/// Throws E_PAGES when there are several.
void check_single_page(const image_info& info);
/// Throws E_NONFINITE when a float picture holds NaN or infinity.
void check_finite(const cv::Mat& image);

struct palette_entry {
  unsigned char red = 0, green = 0, blue = 0, alpha = 255;
};

/// 1 when every entry is grey, else 3.
int palette_channels(std::span<const palette_entry> palette);
/// H×W 8U indices to colours, 1 or 3 channels. Throws E_DECODE (an index without entry), E_UNSUPPORTED (a used entry
/// that is not opaque).
cv::Mat apply_palette(const cv::Mat& indices, std::span<const palette_entry> palette);
/// H×W with 2 or 4 channels, the last one alpha, to 1 or 3. Throws E_UNSUPPORTED when a pixel is not opaque.
cv::Mat drop_opaque_alpha(const cv::Mat& image);
/// Blue and red exchanged in `count` pixels of 3 samples of `depth`, in place.
void swap_red_blue(unsigned char* pixels, int count, int depth);

/// All rows of the picture behind one another, in blocks of about 1 MiB, each row after `finish` on a copy of it.
void write_rows(const cv::Mat& image, atomic_file& file, const std::function<void(unsigned char* row)>& finish);

/// The orientation (1 to 8) in a block of EXIF (a small TIFF, from its byte-order mark on); 1 when it has none or is
/// damaged.
int exif_orientation(std::span<const unsigned char> block);
/// The picture as it should be seen. Orientation 1 returns the same pixels.
cv::Mat apply_orientation(const cv::Mat& image, int orientation);

}  // namespace medvision
