// SPDX-License-Identifier: Apache-2.0
// TIFF read by scanline or tile straight into the picture, so that a picture is in memory once. A warning while pixels
// are decoded is an error.
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/io/image_codecs.hpp"
#include "medvision/io/image_tiff_stream.hpp"

namespace medvision {
namespace {

/// How samples lie in the file.
struct tiff_layout {
  image_info info;
  std::uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT, photometric = 0, planar = PLANARCONFIG_CONTIG,
                compression = COMPRESSION_NONE;
  bool tiled = false;

  [[nodiscard]] bool palette() const { return photometric == PHOTOMETRIC_PALETTE; }
  [[nodiscard]] bool alpha() const { return samples == (photometric == PHOTOMETRIC_RGB ? 4 : 2); }
  [[nodiscard]] int planes() const { return planar == PLANARCONFIG_SEPARATE ? samples : 1; }
};

[[noreturn]] void unsupported(const std::string& what) { throw error("E_UNSUPPORTED", fmt::format("TIFF: {}", what)); }

void check_compression(TIFF* tiff, tiff_layout& layout) {
  switch (layout.compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_LZW:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
      break;
    case COMPRESSION_JPEG:
      if (layout.photometric == PHOTOMETRIC_YCBCR && layout.planar == PLANARCONFIG_CONTIG) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        layout.photometric = PHOTOMETRIC_RGB;
      }
      break;
    default:
      unsupported(
          fmt::format("compression {}, expected none, LZW, deflate, PackBits, CCITT or JPEG", layout.compression));
  }
}

void check_samples(const tiff_layout& layout) {
  const bool colour = layout.photometric == PHOTOMETRIC_RGB;
  if (layout.photometric > PHOTOMETRIC_PALETTE) {
    unsupported(fmt::format("photometric interpretation {}, expected grey, RGB or palette", layout.photometric));
  }
  const int channels = colour ? 3 : 1;
  if (layout.samples != channels && (layout.samples != channels + 1 || layout.palette())) {
    unsupported(fmt::format("{} samples a pixel, expected {}", layout.samples, channels));
  }
  const bool whole = layout.format == SAMPLEFORMAT_UINT || layout.format == SAMPLEFORMAT_VOID;
  const bool small = layout.bits == 1 || layout.bits == 2 || layout.bits == 4;
  const bool plain = layout.bits == 8 || (layout.bits == 16 && !layout.palette());
  const bool real = layout.format == SAMPLEFORMAT_IEEEFP && layout.bits == 32 && !layout.palette() &&
                    layout.photometric != PHOTOMETRIC_MINISWHITE;
  if (!real && !(whole && (plain || (small && layout.samples == 1)))) {
    unsupported(fmt::format("samples of {} bits, format {}, expected 1, 8 or 16 unsigned or 32 real", layout.bits,
                            layout.format));
  }
}

std::vector<palette_entry> read_palette(TIFF* tiff, int bits) {
  std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue) != 1) {
    throw error("E_DECODE", "TIFF: a palette picture without palette");
  }
  const int count = 1 << bits;
  const auto largest = [&](const std::uint16_t* v) { return *std::max_element(v, v + count); };
  // The standard says 16 bits an entry; some old writers used 8.
  const int shift = std::max({largest(red), largest(green), largest(blue)}) > 255 ? 8 : 0;
  std::vector<palette_entry> palette;
  for (int i = 0; i < count; ++i) {
    const auto byte = [&](const std::uint16_t* v) { return static_cast<unsigned char>(v[i] >> shift); };
    palette.push_back({byte(red), byte(green), byte(blue), 255});
  }
  return palette;
}

/// libtiff takes a directory that is cut before the offset of the next one for the last.
void check_directory_end(TIFF* tiff, input_file& file) {
  const bool big = TIFFIsBigTIFF(tiff) != 0;
  unsigned char count[8] = {};
  const std::size_t count_size = big ? 8 : 2;
  file.seek(TIFFCurrentDirOffset(tiff));
  file.read(count, count_size);
  if (TIFFIsBigEndian(tiff) != 0) std::reverse(count, count + count_size);
  std::uint64_t entries = 0;
  for (std::size_t i = count_size; i-- > 0;) entries = entries << 8 | count[i];
  const std::uint64_t end = file.position() + entries * (big ? 20 : 12) + (big ? 8 : 4);
  if (end > file.size()) throw error("E_TRUNCATED", "TIFF: cut within its directory");
}

tiff_layout read_layout(TIFF* tiff, tiff_stream& stream, const image_limits& limits) {
  tiff_layout layout;
  std::uint32_t width = 0, height = 0;
  std::uint16_t orientation = ORIENTATION_TOPLEFT;
  if (TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) != 1 || TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) != 1 ||
      TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout.photometric) != 1) {
    stream.raise();
  }
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout.samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &layout.format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &layout.planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &layout.compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
  layout.tiled = TIFFIsTiled(tiff) != 0;
  std::uint32_t slices = 1;
  if (TIFFGetField(tiff, TIFFTAG_IMAGEDEPTH, &slices) == 1 && slices != 1)
    unsupported(fmt::format("a volume of {} slices, expected a picture", slices));
  check_compression(tiff, layout);
  check_samples(layout);
  image_info& info = layout.info;
  info.format = "tiff";
  info.width = int(std::min<std::uint32_t>(width, INT32_MAX));
  info.height = int(std::min<std::uint32_t>(height, INT32_MAX));
  info.depth = layout.bits == 32 ? CV_32F : layout.bits == 16 ? CV_16U : CV_8U;
  info.maxval = info.depth == CV_8U ? 255 : info.depth == CV_16U ? 65535 : 0;
  info.channels = layout.photometric == PHOTOMETRIC_RGB ? 3 : 1;
  if (layout.palette()) info.channels = palette_channels(read_palette(tiff, layout.bits));
  info.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  info.pages = TIFFLastDirectory(tiff) != 0 ? 1 : int(TIFFNumberOfDirectories(tiff));
  check_budget(info, limits, std::max<int>(layout.samples, info.channels));
  return layout;
}

/// `count` pixels of one plane, packed as in the file, to row y from column x on.
void place(const tiff_layout& layout, const unsigned char* raw, int plane, int count, int x, int y, cv::Mat& pixels) {
  unsigned char* row = pixels.ptr(y) + std::size_t(x) * pixels.elemSize();
  if (layout.bits < 8) {
    const int bits = layout.bits, mask = (1 << bits) - 1, scale = layout.palette() ? 1 : 255 / mask;
    for (int i = 0; i < count; ++i) {
      const int at = i * bits;
      row[i] = static_cast<unsigned char>(((raw[at >> 3] >> (8 - bits - (at & 7))) & mask) * scale);
    }
  } else if (layout.planes() == 1) {
    std::memcpy(row, raw, std::size_t(count) * pixels.elemSize());
  } else {
    const std::size_t sample = pixels.elemSize1();
    for (int i = 0; i < count; ++i) {
      std::memcpy(row + std::size_t(i) * pixels.elemSize() + std::size_t(plane) * sample, raw + std::size_t(i) * sample,
                  sample);
    }
  }
}

void read_scanlines(TIFF* tiff, tiff_stream& stream, const tiff_layout& layout, cv::Mat& pixels) {
  const auto size = std::size_t(TIFFScanlineSize(tiff));
  const std::size_t needed =
      (std::size_t(pixels.cols) * layout.bits * layout.samples / std::size_t(layout.planes()) + 7) / 8;
  if (size < needed) stream.raise();
  std::vector<unsigned char> line(size);
  for (int plane = 0; plane < layout.planes(); ++plane) {
    for (int y = 0; y < pixels.rows; ++y) {
      if (TIFFReadScanline(tiff, line.data(), std::uint32_t(y), std::uint16_t(plane)) < 0) stream.raise();
      place(layout, line.data(), plane, pixels.cols, 0, y, pixels);
    }
  }
}

void read_tiles(TIFF* tiff, tiff_stream& stream, const tiff_layout& layout, const image_limits& limits,
                cv::Mat& pixels) {
  std::uint32_t width = 0, height = 0;
  TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_TILELENGTH, &height);
  const tmsize_t size = TIFFTileSize(tiff), row_size = TIFFTileRowSize(tiff);
  if (width == 0 || height == 0 || size <= 0 || width > INT32_MAX || height > INT32_MAX) stream.raise();
  if (size > limits.max_bytes) throw error("E_TOO_LARGE", fmt::format("TIFF: tiles of {} x {} pixels", width, height));
  const int tile_width = int(width), tile_height = int(height);
  const std::size_t needed = (std::size_t(width) * layout.bits * layout.samples / std::size_t(layout.planes()) + 7) / 8;
  if (std::size_t(row_size) < needed || size / row_size < tile_height) stream.raise();
  std::vector<unsigned char> tile(static_cast<std::size_t>(size));
  for (int plane = 0; plane < layout.planes(); ++plane) {
    for (std::int64_t top = 0; top < pixels.rows; top += tile_height) {
      for (std::int64_t left = 0; left < pixels.cols; left += tile_width) {
        if (TIFFReadTile(tiff, tile.data(), std::uint32_t(left), std::uint32_t(top), 0, std::uint16_t(plane)) < 0) {
          stream.raise();
        }
        const int rows = int(std::min<std::int64_t>(tile_height, pixels.rows - top));
        const int cols = int(std::min<std::int64_t>(tile_width, pixels.cols - left));
        for (int i = 0; i < rows; ++i) {
          place(layout, tile.data() + std::size_t(i) * std::size_t(row_size), plane, cols, int(left), int(top) + i,
                pixels);
        }
      }
    }
  }
}

/// White is the largest value and colours are blue, green, red from here on.
void normalize(const tiff_layout& layout, cv::Mat& pixels) {
  if (layout.photometric == PHOTOMETRIC_MINISWHITE) cv::bitwise_not(pixels, pixels);
  if (pixels.channels() != 3) return;
  for (int y = 0; y < pixels.rows; ++y) swap_red_blue(pixels.ptr(y), pixels.cols, pixels.depth());
}

}  // namespace

image_info probe_tiff(input_file& file, const image_limits& limits) {
  tiff_stream stream;
  stream.in = &file;
  const tiff_handle tiff = open_tiff(stream, "rm", limits.max_bytes);
  check_directory_end(tiff.get(), file);
  return read_layout(tiff.get(), stream, limits).info;
}

decoded_image decode_tiff(input_file& file, const image_limits& limits) {
  tiff_stream stream;
  stream.in = &file;
  const tiff_handle tiff = open_tiff(stream, "rm", limits.max_bytes);
  check_directory_end(tiff.get(), file);
  const tiff_layout layout = read_layout(tiff.get(), stream, limits);
  check_single_page(layout.info);
  stream.message[0] = '\0';  // what was said about tags that do not matter
  cv::Mat pixels(layout.info.height, layout.info.width, CV_MAKETYPE(layout.info.depth, layout.samples));
  if (layout.tiled)
    read_tiles(tiff.get(), stream, layout, limits, pixels);
  else
    read_scanlines(tiff.get(), stream, layout, pixels);
  if (stream.message[0] != '\0') stream.raise();
  if (layout.palette()) return {apply_palette(pixels, read_palette(tiff.get(), layout.bits)), layout.info};
  if (layout.alpha()) pixels = drop_opaque_alpha(pixels);
  normalize(layout, pixels);
  check_finite(pixels);
  return {pixels, layout.info};
}

}  // namespace medvision
