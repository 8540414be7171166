// SPDX-License-Identifier: Apache-2.0
// TIFF through libtiff, by scanline or tile straight into the picture, so that a picture is in memory once. Its
// messages are caught for the handle they belong to; a warning while pixels are decoded is an error.
#include <fmt/core.h>
#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <opencv2/core.hpp>
#include <string_view>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

constexpr std::size_t strip_bytes = 1 << 18;

/// What libtiff's callbacks work on and leave behind.
struct tiff_stream {
  input_file* in = nullptr;
  atomic_file* out = nullptr;
  std::size_t position = 0;
  carried_exception carried;
  char message[200] = "";

  [[noreturn]] void raise() {
    carried.rethrow_if_any();
    const std::string_view text = message;
    constexpr std::string_view cut[] = {"ead error", "eek error", "ot enough", "remature", "an not read", "out of range"};
    const bool truncated =
        std::any_of(std::begin(cut), std::end(cut), [&](std::string_view w) { return text.find(w) != text.npos; });
    throw error(truncated ? "E_TRUNCATED" : "E_DECODE", fmt::format("TIFF: {}", text.empty() ? "damaged" : text));
  }
};

int on_message(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  auto* stream = static_cast<tiff_stream*>(user);
  // The first one is the cause.
  if (stream->message[0] == '\0') std::vsnprintf(stream->message, sizeof stream->message, format, arguments);
  return 1;
}

tmsize_t on_read(thandle_t handle, void* to, tmsize_t size) {
  auto* stream = static_cast<tiff_stream*>(handle);
  std::size_t got = 0;
  if (stream->in == nullptr || size < 0) return 0;
  stream->in->seek(stream->position);
  if (!stream->carried.run([&] { got = stream->in->read(to, std::size_t(size)); })) return -1;
  stream->position += got;
  return tmsize_t(got);
}

tmsize_t on_write(thandle_t handle, void* from, tmsize_t size) {
  auto* stream = static_cast<tiff_stream*>(handle);
  if (stream->out == nullptr || size < 0) return -1;
  if (!stream->carried.run([&] { stream->out->write_at(stream->position, from, std::size_t(size)); })) return -1;
  stream->position += std::size_t(size);
  return size;
}

toff_t on_size(thandle_t handle) {
  auto* stream = static_cast<tiff_stream*>(handle);
  return stream->in != nullptr ? stream->in->size() : stream->out->size();
}

toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
  auto* stream = static_cast<tiff_stream*>(handle);
  const toff_t from = whence == SEEK_CUR ? stream->position : whence == SEEK_END ? on_size(handle) : 0;
  return stream->position = from + offset;
}

int on_close(thandle_t) { return 0; }

struct close_tiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using tiff_handle = std::unique_ptr<TIFF, close_tiff>;

tiff_handle open_tiff(tiff_stream& stream, const char* mode, std::int64_t max_bytes) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 &TIFFOpenOptionsFree);
  if (!options) throw error("E_MEMORY", "no memory for the TIFF codec", blame::environment);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_message, &stream);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), on_message, &stream);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), tmsize_t(max_bytes));
  tiff_handle tiff(TIFFClientOpenExt("picture", mode, &stream, on_read, on_write, on_seek, on_close, on_size, nullptr,
                                     nullptr, options.get()));
  if (!tiff) stream.raise();
  return tiff;
}

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
    case COMPRESSION_NONE: case COMPRESSION_LZW: case COMPRESSION_DEFLATE: case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_PACKBITS: case COMPRESSION_CCITTRLE: case COMPRESSION_CCITTFAX3: case COMPRESSION_CCITTFAX4: break;
    case COMPRESSION_JPEG:
      if (layout.photometric == PHOTOMETRIC_YCBCR && layout.planar == PLANARCONFIG_CONTIG) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        layout.photometric = PHOTOMETRIC_RGB;
      }
      break;
    default:
      unsupported(fmt::format("compression {}, expected none, LZW, deflate, PackBits, CCITT or JPEG",
                              layout.compression));
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
      std::memcpy(row + std::size_t(i) * pixels.elemSize() + std::size_t(plane) * sample,
                  raw + std::size_t(i) * sample, sample);
    }
  }
}

void read_scanlines(TIFF* tiff, tiff_stream& stream, const tiff_layout& layout, cv::Mat& pixels) {
  const auto size = std::size_t(TIFFScanlineSize(tiff));
  const std::size_t needed = (std::size_t(pixels.cols) * layout.bits * layout.samples / std::size_t(layout.planes()) + 7) / 8;
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
  if (layout.tiled) read_tiles(tiff.get(), stream, layout, limits, pixels);
  else read_scanlines(tiff.get(), stream, layout, pixels);
  if (stream.message[0] != '\0') stream.raise();
  if (layout.palette()) return {apply_palette(pixels, read_palette(tiff.get(), layout.bits)), layout.info};
  if (layout.alpha()) pixels = drop_opaque_alpha(pixels);
  normalize(layout, pixels);
  check_finite(pixels);
  return {pixels, layout.info};
}

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
