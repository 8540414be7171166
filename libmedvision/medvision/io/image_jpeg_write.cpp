// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/image_jpeg_write.hpp"

#include <cstdio>
// jpeglib.h needs FILE and does not say so.
#include <fmt/format.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

constexpr int most_pixels = 65500;  // a side; libjpeg's own bound

struct writing {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  std::jmp_buf jump{};
  char message[JMSG_LENGTH_MAX] = "";
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  writing() = default;
  writing(const writing&) = delete;
  writing& operator=(const writing&) = delete;
  ~writing() {
    jpeg_destroy_compress(&jpeg);
    std::free(bytes);
  }
};

[[noreturn]] void on_error(j_common_ptr jpeg) {
  auto& w = *static_cast<writing*>(jpeg->client_data);
  (*jpeg->err->format_message)(jpeg, w.message);
  std::longjmp(w.jump, 1);
}

void begin(writing& w, const cv::Mat& image, int quality) {
  jpeg_create_compress(&w.jpeg);
  jpeg_mem_dest(&w.jpeg, &w.bytes, &w.size);
  w.jpeg.image_width = JDIMENSION(image.cols);
  w.jpeg.image_height = JDIMENSION(image.rows);
  w.jpeg.input_components = image.channels();
  w.jpeg.in_color_space = image.channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&w.jpeg);
  jpeg_set_quality(&w.jpeg, quality, TRUE);
  w.jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_compress(&w.jpeg, TRUE);
}

// Nothing with a destructor is made here: the library leaves it by a jump. False: it did.
bool write_all(writing& w, const cv::Mat& image, int quality, unsigned char* row, std::size_t bytes) {
  if (setjmp(w.jump) != 0) return false;
  begin(w, image, quality);
  while (w.jpeg.next_scanline < w.jpeg.image_height) {
    std::copy_n(image.ptr(int(w.jpeg.next_scanline)), bytes, row);
    if (image.channels() == 3) swap_red_blue(row, image.cols, CV_8U);
    jpeg_write_scanlines(&w.jpeg, &row, 1);
  }
  jpeg_finish_compress(&w.jpeg);
  return true;
}

}  // namespace

std::string encode_jpeg(const cv::Mat& image, int quality) {
  const bool small = image.cols <= most_pixels && image.rows <= most_pixels;
  if (image.empty() || image.dims != 2 || !small || (image.type() != CV_8UC1 && image.type() != CV_8UC3))
    throw error("E_UNSUPPORTED", fmt::format("a picture of {}x{} {} is no JPEG of 8 bits, 1 or 3 channels", image.cols,
                                             image.rows, cv::typeToString(image.type())));
  std::vector<unsigned char> row(std::size_t(image.cols) * image.elemSize());
  writing w;
  w.jpeg.err = jpeg_std_error(&w.errors);
  w.jpeg.client_data = &w;
  w.errors.error_exit = on_error;
  if (!write_all(w, image, std::clamp(quality, 1, 100), row.data(), row.size()))
    throw error("E_NOMEM", fmt::format("JPEG: {}", w.message), blame::environment);
  return {reinterpret_cast<const char*>(w.bytes), w.size};
}

}  // namespace medvision
