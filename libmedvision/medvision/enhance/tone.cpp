// SPDX-License-Identifier: Apache-2.0
// Blends with the mean grey, and with each pixel's own.
#include "medvision/enhance/tone.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr double of_blue = 0.114, of_green = 0.587, of_red = 0.299;

void check(const cv::Mat& image, double factor) {
  if (image.empty() || (image.channels() != 1 && image.channels() != 3))
    throw error("E_SHAPE", fmt::format("{}x{} pixels of {} channels: 1 or 3, not empty, are needed", image.cols,
                                       image.rows, image.channels()));
  if (image.depth() != CV_8U && image.depth() != CV_16U && image.depth() != CV_32F)
    throw error("E_DEPTH", "a picture of 8 or 16 bits or of floats is needed");
  if (!(factor >= 0 && factor <= 100))
    throw error("E_OPTION", fmt::format("a factor of {}: 0 to 100 are taken", factor), blame::request);
}

/// from + factor (v - from) for every sample; from: one for all, or none: the grey of each pixel.
template <class T>
void scale(const cv::Mat& image, cv::Mat& out, double factor, const double* from) {
  const int channels = image.channels();
  for (int y = 0; y < image.rows; ++y) {
    const T* in = image.ptr<T>(y);
    T* to = out.ptr<T>(y);
    for (int x = 0; x < image.cols; ++x, in += channels, to += channels) {
      const double base = from ? *from : of_blue * in[0] + of_green * in[1] + of_red * in[2];
      for (int c = 0; c < channels; ++c) to[c] = cv::saturate_cast<T>(base + factor * (in[c] - base));
    }
  }
}

cv::Mat scaled(const cv::Mat& image, double factor, const double* from) {
  cv::Mat out(image.size(), image.type());
  if (image.depth() == CV_8U)
    scale<uchar>(image, out, factor, from);
  else if (image.depth() == CV_16U)
    scale<ushort>(image, out, factor, from);
  else
    scale<float>(image, out, factor, from);
  return out;
}

}  // namespace

cv::Mat scale_contrast(const cv::Mat& image, double factor) {
  check(image, factor);
  if (factor == 1) return image.clone();
  const cv::Scalar mean = cv::mean(image);
  const double grey = image.channels() == 1 ? mean[0] : of_blue * mean[0] + of_green * mean[1] + of_red * mean[2];
  return scaled(image, factor, &grey);
}

cv::Mat scale_saturation(const cv::Mat& image, double factor) {
  check(image, factor);
  if (factor == 1 || image.channels() == 1) return image.clone();
  return scaled(image, factor, nullptr);
}

}  // namespace medvision
