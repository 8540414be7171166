// SPDX-License-Identifier: Apache-2.0
// Pictures in and out of files: PNG, JPEG, TIFF, PGM/PPM, GIF (read only) and .npy, with the header read and the
// budget checked before a pixel is decoded. Nothing is repaired in silence: a cut file is an error, depth is never
// reduced, a format outside the list is refused whatever the file is called.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>

namespace medvision {

/// What may be decoded. Compared with the header, before anything is allocated.
struct image_limits {
  std::int64_t max_pixels = std::int64_t{1} << 28;  ///< width x height
  std::int64_t max_bytes = std::int64_t{2} << 30;   ///< width x height x channels x bytes a sample, decoded
};

/// What the header says. width and height are those after EXIF orientation.
struct image_info {
  int width = 0, height = 0;
  int channels = 0;     ///< 1 or 3, as read_image gives them
  int depth = 0;        ///< CV_8U, CV_16U or CV_32F
  int maxval = 0;       ///< PGM/PPM: the header's maxval; else 255, 65535, or 0 for float
  int orientation = 1;  ///< EXIF, 1 to 8; applied by read_image
  int pages = 1;        ///< TIFF directories, GIF frames
  std::string format;   ///< "png" "jpeg" "tiff" "pnm" "gif" "npy", by the bytes met, not by the name
};

/// Reads the header only (of a GIF: walks over its blocks). Throws error (blame item): E_MISSING (absent, or not a
/// regular file), E_READ, E_EMPTY, E_FORMAT (the first bytes met are in the sentence), E_DECODE (a broken header),
/// E_TRUNCATED (cut within it), E_UNSUPPORTED (CMYK, 12-bit JPEG, signed TIFF, …), E_TOO_LARGE (against limits, with
/// the numbers and the option that raises them). Several pages or frames are told in `pages`, not refused.
image_info probe_image(const std::string& path, const image_limits& limits = {});

/// The same, and E_PAGES for a file of several pages or frames, as read_image.
image_info probe_one_page(const std::string& path, const image_limits& limits = {});

/// Decodes into H×W, 1 channel or 3 in OpenCV's order (blue, green, red), 8U, 16U or 32F as stored. 1-, 2- and 4-bit
/// grey is scaled to 0..255; a palette becomes 3 channels, or 1 when all its entries are grey; an opaque alpha channel
/// is dropped, any other is refused (E_UNSUPPORTED); a TIFF where 0 is white is inverted; PGM keeps its values whatever
/// maxval is; an array is a picture when it is H×W, or H×W×3 in red, green, blue. The orientation of EXIF, or of TIFF,
/// is applied once. Throws as probe_image, and E_TRUNCATED (cut), E_CRC, E_DECODE (any damage the codec sees, libjpeg's
/// warnings too), E_PAGES (several pages or frames), E_LIMIT (a JPEG of over 100 scans), E_NONFINITE (float NaN or
/// infinity), E_NOMEM (environment). Differs from cv::imread: no cut or damaged file gives a picture.
cv::Mat read_image(const std::string& path, const image_limits& limits = {});

/// Throws E_SHAPE unless what the file at `path` holds has the size that the record states of the source, in pixels.
void check_size(const std::string& path, cv::Size met, cv::Size source);

/// A mask: as read_image, then one channel, 8U, 255 where the sample is not 0 (any channel). For truth and field of
/// view. size: what it must have, pixels; 0x0: any. Same throws, and E_SHAPE for another size.
cv::Mat read_mask(const std::string& path, const image_limits& limits = {}, cv::Size size = {});

/// Writes H×W, 1 or 3 channels (blue, green, red), 8U or 16U (32F for TIFF and npy). The format is the extension:
/// .png (lossless, quick rather than smallest) .tiff .tif (uncompressed) .pgm .ppm (maxval 255 or 65535) .npy. One
/// picture gives the same bytes each time. The file appears whole or not at all; see atomic_file. Throws E_UNSUPPORTED
/// when the format cannot hold the pixels, E_WRITE (environment) when the disk cannot.
void write_image(const std::string& path, const cv::Mat& image);

/// The name of a depth in a record: "u8", "u16", "f32".
std::string depth_name(int cv_depth);

}  // namespace medvision
