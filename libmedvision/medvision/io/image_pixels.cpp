// SPDX-License-Identifier: Apache-2.0
// Checks and conversions that every codec needs and none owns.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

template <class T>
void swap_ends(T* pixels, int count) {
  for (int i = 0; i < count; ++i) std::swap(pixels[3 * i], pixels[3 * i + 2]);
}

}  // namespace

void check_budget(const image_info& info, const image_limits& limits, int stored_channels) {
  if (info.width <= 0 || info.height <= 0) {
    throw error("E_DECODE", fmt::format("the header says {} x {} pixels", info.width, info.height));
  }
  const std::int64_t pixels = std::int64_t{info.width} * info.height;
  if (pixels > limits.max_pixels) {
    throw error("E_TOO_LARGE", fmt::format("{} x {} are {} pixels, more than the {} allowed; --max-pixels raises it",
                                           info.width, info.height, pixels, limits.max_pixels));
  }
  const std::int64_t pixel_bytes = std::int64_t{stored_channels} * CV_ELEM_SIZE1(info.depth);
  if (pixels > limits.max_bytes / pixel_bytes) {
    throw error(
        "E_TOO_LARGE",
        fmt::format("{} x {} pixels of {} bytes each need more than the {} bytes allowed; --max-bytes raises it",
                    info.width, info.height, pixel_bytes, limits.max_bytes));
  }
}

void check_single_page(const image_info& info) {
  if (info.pages <= 1) return;
  throw error("E_PAGES",
              fmt::format("holds {} {}, expected one", info.pages, info.format == "tiff" ? "pages" : "frames"));
}

void check_finite(const cv::Mat& image) {
  if (image.depth() != CV_32F) return;
  const int samples = image.cols * image.channels();
  for (int y = 0; y < image.rows; ++y) {
    const float* row = image.ptr<float>(y);
    bool finite = true;
    for (int i = 0; i < samples; ++i) finite &= std::isfinite(row[i]);
    if (!finite) throw error("E_NONFINITE", fmt::format("row {} holds NaN or infinity, expected finite numbers", y));
  }
}

int palette_channels(std::span<const palette_entry> palette) {
  const auto is_grey = [](const palette_entry& e) { return e.red == e.green && e.green == e.blue; };
  return std::all_of(palette.begin(), palette.end(), is_grey) ? 1 : 3;
}

cv::Mat apply_palette(const cv::Mat& indices, std::span<const palette_entry> palette) {
  const int channels = palette_channels(palette);
  cv::Mat image(indices.size(), CV_8UC(channels));
  bool used[256] = {};
  for (int y = 0; y < indices.rows; ++y) {
    const unsigned char* from = indices.ptr(y);
    unsigned char* to = image.ptr(y);
    for (int x = 0; x < indices.cols; ++x) {
      used[from[x]] = true;
      if (from[x] >= palette.size()) continue;  // refused below
      const palette_entry& e = palette[from[x]];
      *to++ = e.blue;
      if (channels == 3) *to++ = e.green, *to++ = e.red;
    }
  }
  for (std::size_t i = 0; i < 256; ++i) {
    if (used[i] && i >= palette.size()) {
      throw error("E_DECODE", fmt::format("a pixel has colour {} of a palette of {}", i, palette.size()));
    }
    if (used[i] && palette[i].alpha != 255) {
      throw error("E_UNSUPPORTED", fmt::format("colour {} of the palette has alpha {}, expected an opaque picture", i,
                                               palette[i].alpha));
    }
  }
  return image;
}

cv::Mat drop_opaque_alpha(const cv::Mat& image) {
  const int channels = image.channels() - 1;
  cv::Mat alpha, opaque(image.size(), CV_MAKETYPE(image.depth(), channels));
  cv::extractChannel(image, alpha, channels);
  double least = 0;
  cv::minMaxLoc(alpha, &least);
  const double full = image.depth() == CV_8U ? 255 : image.depth() == CV_16U ? 65535 : 1;
  if (least < full) {
    throw error("E_UNSUPPORTED",
                fmt::format("an alpha channel with values down to {}, expected an opaque picture", least));
  }
  const int pairs[] = {0, 0, 1, 1, 2, 2};
  cv::mixChannels(&image, 1, &opaque, 1, pairs, std::size_t(channels));
  return opaque;
}

void swap_red_blue(unsigned char* pixels, int count, int depth) {
  if (depth == CV_8U) swap_ends(pixels, count);
  if (depth == CV_16U) swap_ends(reinterpret_cast<std::uint16_t*>(pixels), count);
  if (depth == CV_32F) swap_ends(reinterpret_cast<float*>(pixels), count);
}

void write_rows(const cv::Mat& image, atomic_file& file, const std::function<void(unsigned char* row)>& finish) {
  constexpr std::size_t block_bytes = 1 << 20;
  const std::size_t row_bytes = std::size_t(image.cols) * image.elemSize();
  const int block_rows = int(std::clamp<std::size_t>(block_bytes / row_bytes, 1, std::size_t(image.rows)));
  std::vector<unsigned char> block(row_bytes * std::size_t(block_rows));
  for (int y = 0; y < image.rows; y += block_rows) {
    const int rows = std::min(block_rows, image.rows - y);
    for (int i = 0; i < rows; ++i) {
      unsigned char* row = block.data() + std::size_t(i) * row_bytes;
      std::copy_n(image.ptr(y + i), row_bytes, row);
      finish(row);
    }
    file.write(block.data(), std::size_t(rows) * row_bytes);
  }
}

}  // namespace medvision
