// SPDX-License-Identifier: Apache-2.0
// PGM and PPM, binary (P5, P6) and plain (P2, P3), read and written by the grammar of netpbm's pgm(5) and ppm(5).
// Values are kept as they are, whatever maxval is; a value above it is an error.
#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

bool is_blank(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// The next number, blanks and comments before it skipped, and the one byte after it.
int read_number(input_file& file, const char* what) {
  int c = file.get();
  while (is_blank(c) || c == '#') {
    if (c == '#')
      while (c >= 0 && c != '\n' && c != '\r') c = file.get();
    c = file.get();
  }
  if (c < 0) throw error("E_TRUNCATED", fmt::format("PNM: cut before its {}", what));
  if (c < '0' || c > '9') {
    throw error("E_DECODE", fmt::format("PNM: the {} begins with byte {:02X}, expected a digit", what, c));
  }
  std::int64_t value = 0;
  for (; c >= '0' && c <= '9'; c = file.get()) {
    value = value * 10 + (c - '0');
    if (value > INT32_MAX) throw error("E_DECODE", fmt::format("PNM: the {} is larger than 2147483647", what));
  }
  if (c >= 0 && !is_blank(c) && c != '#') {
    throw error("E_DECODE", fmt::format("PNM: byte {:02X} after the {}, expected a blank", c, what));
  }
  if (c == '#') file.seek(file.position() - 1);
  return int(value);
}

struct pnm_header {
  image_info info;
  bool plain = false;
};

pnm_header read_header(input_file& file, const image_limits& limits) {
  file.get();
  const int kind = file.get();
  if (kind != '2' && kind != '3' && kind != '5' && kind != '6') {
    throw error("E_UNSUPPORTED", fmt::format("PNM of kind P{}, expected P2, P3, P5 or P6", char(kind)));
  }
  pnm_header header;
  header.plain = kind < '5';
  image_info& info = header.info;
  info.format = "pnm";
  info.channels = kind == '3' || kind == '6' ? 3 : 1;
  info.width = read_number(file, "width");
  info.height = read_number(file, "height");
  info.maxval = read_number(file, "maxval");
  if (info.maxval < 1 || info.maxval > 65535) {
    throw error("E_DECODE", fmt::format("PNM: maxval {}, expected 1 to 65535", info.maxval));
  }
  info.depth = info.maxval > 255 ? CV_16U : CV_8U;
  check_budget(info, limits, info.channels);
  return header;
}

[[noreturn]] void too_bright(int value, int maxval, int y) {
  throw error("E_DECODE", fmt::format("PNM: row {} holds {}, more than maxval {}", y, value, maxval));
}

template <class T>
void check_row(const T* row, int samples, int maxval, int y) {
  const T brightest = *std::max_element(row, row + samples);
  if (brightest > maxval) too_bright(brightest, maxval, y);
}

void swap_bytes(std::uint16_t* row, int samples) {
  if constexpr (std::endian::native == std::endian::little) {
    for (int i = 0; i < samples; ++i) row[i] = std::uint16_t(row[i] << 8 | row[i] >> 8);
  }
}

void read_plain_row(input_file& file, cv::Mat& pixels, int y, int maxval) {
  const int samples = pixels.cols * pixels.channels();
  for (int i = 0; i < samples; ++i) {
    const int value = read_number(file, "next sample");
    if (value > maxval) too_bright(value, maxval, y);
    if (pixels.depth() == CV_8U)
      pixels.ptr(y)[i] = static_cast<unsigned char>(value);
    else
      pixels.ptr<std::uint16_t>(y)[i] = std::uint16_t(value);
  }
}

void read_binary_row(input_file& file, cv::Mat& pixels, int y, int maxval) {
  const int samples = pixels.cols * pixels.channels();
  const std::size_t bytes = std::size_t(pixels.cols) * pixels.elemSize();
  if (file.read(pixels.ptr(y), bytes) < bytes) {
    throw error("E_TRUNCATED", fmt::format("PNM: cut within row {} of {}", y, pixels.rows));
  }
  if (pixels.depth() == CV_8U) {
    if (maxval < 255) check_row(pixels.ptr(y), samples, maxval, y);
  } else {
    swap_bytes(pixels.ptr<std::uint16_t>(y), samples);
    if (maxval < 65535) check_row(pixels.ptr<std::uint16_t>(y), samples, maxval, y);
  }
}

void check_length(const input_file& file, const pnm_header& header) {
  const image_info& info = header.info;
  const std::uint64_t samples = std::uint64_t(info.width) * std::uint64_t(info.height) * std::uint64_t(info.channels);
  const std::uint64_t held = file.size() - file.position();
  // A plain sample takes a digit and a blank, but for the last.
  const std::uint64_t needed = header.plain ? 2 * samples - 1 : samples * (info.depth == CV_16U ? 2 : 1);
  if (held < needed) {
    throw error("E_TRUNCATED", fmt::format("PNM: cut, {} bytes of pixels where {} are announced", held, needed));
  }
  // Some writers end with a line end; anything more is a wrong header or a second picture.
  if (!header.plain && held > needed + 1) {
    throw error("E_DECODE", fmt::format("PNM: {} bytes of pixels where {} are announced", held, needed));
  }
}

}  // namespace

image_info probe_pnm(input_file& file, const image_limits& limits) { return read_header(file, limits).info; }

decoded_image decode_pnm(input_file& file, const image_limits& limits) {
  const pnm_header header = read_header(file, limits);
  const image_info& info = header.info;
  check_length(file, header);
  cv::Mat pixels(info.height, info.width, CV_MAKETYPE(info.depth, info.channels));
  for (int y = 0; y < info.height; ++y) {
    if (header.plain)
      read_plain_row(file, pixels, y, info.maxval);
    else
      read_binary_row(file, pixels, y, info.maxval);
    if (info.channels == 3) swap_red_blue(pixels.ptr(y), info.width, info.depth);
  }
  return {pixels, info};
}

void encode_pnm(const cv::Mat& image, atomic_file& file) {
  const bool colour = image.channels() == 3, deep = image.depth() == CV_16U;
  file.write(fmt::format("P{}\n{} {}\n{}\n", colour ? 6 : 5, image.cols, image.rows, deep ? 65535 : 255));
  write_rows(image, file, [&](unsigned char* row) {
    if (colour) swap_red_blue(row, image.cols, image.depth());
    if (deep) swap_bytes(reinterpret_cast<std::uint16_t*>(row), image.cols * image.channels());
  });
}

}  // namespace medvision
