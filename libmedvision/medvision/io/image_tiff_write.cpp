// SPDX-License-Identifier: Apache-2.0
// TIFF written strip by strip, so that no copy of the picture is made.
#include <algorithm>
#include <cstring>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/io/image_codecs.hpp"
#include "medvision/io/image_tiff_stream.hpp"

namespace medvision {
namespace {

constexpr std::size_t strip_bytes = 1 << 18;

}  // namespace

// Without compression: TIFF is the format for pictures that are large or of real numbers, where writing at the speed
// of the disk (over 700 MB/s measured) matters more than the half that deflate with a predictor would save at 70 to
// 170 MB/s. PNG is there for small files.
void encode_tiff(const cv::Mat& image, atomic_file& file) {
  tiff_stream stream;
  stream.out = &file;
  const std::size_t row_bytes = std::size_t(image.cols) * image.elemSize();
  const bool big = row_bytes * std::size_t(image.rows) > 4'000'000'000;
  const tiff_handle tiff = open_tiff(stream, big ? "wl8" : "wl", 0);
  const int strip_rows = int(std::clamp<std::size_t>(strip_bytes / row_bytes, 1, std::size_t(image.rows)));
  const bool colour = image.channels() == 3;
  TIFFSetField(tiff.get(), TIFFTAG_IMAGEWIDTH, image.cols);
  TIFFSetField(tiff.get(), TIFFTAG_IMAGELENGTH, image.rows);
  TIFFSetField(tiff.get(), TIFFTAG_BITSPERSAMPLE, int(8 * image.elemSize1()));
  TIFFSetField(tiff.get(), TIFFTAG_SAMPLESPERPIXEL, image.channels());
  TIFFSetField(tiff.get(), TIFFTAG_SAMPLEFORMAT, image.depth() == CV_32F ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff.get(), TIFFTAG_PHOTOMETRIC, colour ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff.get(), TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff.get(), TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  TIFFSetField(tiff.get(), TIFFTAG_ROWSPERSTRIP, strip_rows);
  std::vector<unsigned char> strip(row_bytes * std::size_t(strip_rows));
  for (int y = 0, index = 0; y < image.rows; y += strip_rows, ++index) {
    const int rows = std::min(strip_rows, image.rows - y);
    for (int i = 0; i < rows; ++i) {
      unsigned char* row = strip.data() + std::size_t(i) * row_bytes;
      std::memcpy(row, image.ptr(y + i), row_bytes);
      if (colour) swap_red_blue(row, image.cols, image.depth());
    }
    const auto bytes = tmsize_t(row_bytes * std::size_t(rows));
    if (TIFFWriteEncodedStrip(tiff.get(), std::uint32_t(index), strip.data(), bytes) < 0) stream.raise();
  }
  if (TIFFWriteDirectory(tiff.get()) != 1) stream.raise();
}

}  // namespace medvision
