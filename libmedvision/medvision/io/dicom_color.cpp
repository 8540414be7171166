// SPDX-License-Identifier: Apache-2.0
// Colour: palettes, Y Cb Cr and red, green, blue, to blue, green, red.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/io/dicom_header.hpp"

namespace medvision {
namespace {

/// Rounded half up, held within 8 bits.
uchar byte_of(double x) { return uchar(std::clamp(std::floor(x + 0.5), 0.0, 255.0)); }

/// PS3.3 C.7.6.3.1.2, YBR_FULL, solved for red, green and blue.
cv::Mat from_ycc(const cv::Mat& ycc) {
  if (ycc.depth() != CV_8U) throw error("E_UNSUPPORTED", "DICOM: Y Cb Cr of more than 8 bits");
  cv::Mat out(ycc.size(), CV_8UC3);
  for (int y = 0; y < ycc.rows; ++y) {
    const auto* from = ycc.ptr<cv::Vec3b>(y);
    auto* to = out.ptr<cv::Vec3b>(y);
    for (int x = 0; x < ycc.cols; ++x) {
      const double luma = from[x][0], blue = from[x][1] - 128.0, red = from[x][2] - 128.0;
      to[x] = {byte_of(luma + 1.772 * blue), byte_of(luma - 0.114 * 1.772 / 0.587 * blue - 0.299 * 1.402 / 0.587 * red),
               byte_of(luma + 1.402 * red)};
    }
  }
  return out;
}

cv::Mat reversed(const cv::Mat& rgb) {
  cv::Mat out(rgb.size(), rgb.type());
  constexpr int swap[] = {0, 2, 1, 1, 2, 0};
  cv::mixChannels(&rgb, 1, &out, 1, swap, 3);
  return out;
}

cv::Mat through_palette(dicom_elements& file, const cv::Mat& codes, bool is_signed, int& bits) {
  if (dicom_elements::find(file.top(), 0x00281221) != nullptr)
    throw error("E_UNSUPPORTED", "DICOM: a segmented palette");
  std::array<gray_lookup, 3> lut;  // blue, green, red
  for (std::uint32_t c = 0; c < 3; ++c)
    lut[2 - c] = read_lookup(file, file.top(), 0x00281101 + c, 0x00281201 + c, is_signed);
  bits = std::max({lut[0].bits, lut[1].bits, lut[2].bits});
  for (const gray_lookup& l : lut)
    for (const std::uint16_t entry : l.entries) bits = entry > 255 ? 16 : bits;
  bits = bits <= 8 ? 8 : 16;
  cv::Mat out(codes.size(), CV_16UC3);
  for (int y = 0; y < codes.rows; ++y)
    for (int x = 0; x < codes.cols; ++x)
      for (int c = 0; c < 3; ++c) {
        const gray_lookup& l = lut[std::size_t(c)];
        const int code = codes.depth() == CV_8U ? codes.at<uchar>(y, x) : codes.at<ushort>(y, x);
        out.at<cv::Vec3w>(y, x)[c] = l.entries[std::size_t(std::clamp(code - l.first, 0, int(l.entries.size()) - 1))];
      }
  if (bits == 8) out.convertTo(out, CV_8U);
  return out;
}

}  // namespace

void read_color(dicom_elements& file, const cv::Mat& codes, dicom_picture& picture) {
  const dicom_header& h = picture.header;
  if (h.photometric == "PALETTE COLOR") {
    picture.pixels = through_palette(file, codes, h.is_signed, picture.bits);
    return;
  }
  // JPEG 2000 undoes its own transform; so do all that say RGB.
  picture.pixels = h.photometric == "YBR_FULL" || h.photometric == "YBR_FULL_422" ? from_ycc(codes) : reversed(codes);
}

}  // namespace medvision
