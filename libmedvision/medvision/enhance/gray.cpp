// SPDX-License-Identifier: Apache-2.0
// Weighted sums of channels in double precision, with and without a plane of doubles.
#include "medvision/enhance/gray.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>

#include "medvision/enhance/standardize.hpp"
#include "medvision/error.hpp"

namespace medvision {
namespace {

void check(const cv::Mat& image) {
  if (image.empty() || image.dims != 2 || (image.channels() != 1 && image.channels() != 3))
    throw error("E_SHAPE", fmt::format("grey is made of a picture of 1 or 3 channels, this one is {}x{} with {}",
                                       image.cols, image.rows, image.channels()));
  if (image.depth() != CV_8U && image.depth() != CV_16U)
    throw error("E_DEPTH",
                fmt::format("grey is made of 8- or 16-bit pixels, these are {}", cv::typeToString(image.type())));
}

/// The products, looked up: three loads and two sums a pixel, and no multiply that a compiler might fuse with a sum.
struct byte_mix {
  std::array<double, 256> r, g, b;
  explicit byte_mix(const gray_weights& w) {
    for (int i = 0; i < 256; ++i) r[i] = w.red * i, g[i] = w.green * i, b[i] = w.blue * i;
  }
  double operator()(const uchar* p) const { return r[p[2]] + g[p[1]] + b[p[0]]; }
};

struct word_mix {
  gray_weights w;
  double operator()(const ushort* p) const { return w.red * p[2] + w.green * p[1] + w.blue * p[0]; }
};

/// store(out, grey) for every pixel of a colour picture.
template <class Pixel, class Out, class Mix, class Store>
void each(const cv::Mat& image, cv::Mat& out, const Mix& mix, const Store& store) {
  for (int y = 0; y < image.rows; ++y) {
    const Pixel* p = image.ptr<Pixel>(y);
    Out* o = out.ptr<Out>(y);
    for (int x = 0; x < image.cols; ++x, p += 3) o[x] = store(mix(p));
  }
}

template <class Pixel, class Mix>
cv::Mat stretched(const cv::Mat& image, const Mix& mix, double top) {
  double low = mix(image.ptr<Pixel>(0)), high = low;
  for (int y = 0; y < image.rows; ++y) {
    const Pixel* p = image.ptr<Pixel>(y);
    for (int x = 0; x < image.cols; ++x, p += 3) {
      const double g = mix(p);
      low = std::min(low, g);
      high = std::max(high, g);
    }
  }
  cv::Mat out(image.size(), CV_MAKETYPE(image.depth(), 1));
  if (!(high > low)) return out.setTo(0);
  const double range = high - low;
  each<Pixel, Pixel>(image, out, mix, [=](double g) { return Pixel((g - low) / range * top); });
  return out;
}

}  // namespace

cv::Mat gray(const cv::Mat& image, const gray_weights& weights) {
  check(image);
  cv::Mat out(image.size(), CV_64F);
  if (image.channels() == 1) {
    image.convertTo(out, CV_64F);
    return out;
  }
  const auto same = [](double g) { return g; };
  if (image.depth() == CV_8U)
    each<uchar, double>(image, out, byte_mix(weights), same);
  else
    each<ushort, double>(image, out, word_mix{weights}, same);
  return out;
}

cv::Mat rounded_gray(const cv::Mat& image, const gray_weights& weights) {
  check(image);
  if (image.channels() == 1) return image.clone();
  cv::Mat out(image.size(), CV_MAKETYPE(image.depth(), 1));
  if (image.depth() == CV_8U)
    each<uchar, uchar>(image, out, byte_mix(weights), [](double g) { return cv::saturate_cast<uchar>(g); });
  else
    each<ushort, ushort>(image, out, word_mix{weights}, [](double g) { return cv::saturate_cast<ushort>(g); });
  return out;
}

cv::Mat green_channel(const cv::Mat& image) {
  check(image);
  if (image.channels() == 1) return image.clone();
  cv::Mat out;
  cv::extractChannel(image, out, 1);
  return out;
}

cv::Mat stretched_gray(const cv::Mat& image, const gray_weights& weights) {
  check(image);
  if (image.channels() == 1) return stretch(image.clone());
  if (image.depth() == CV_8U) return stretched<uchar>(image, byte_mix(weights), 255.0);
  return stretched<ushort>(image, word_mix{weights}, 65535.0);
}

}  // namespace medvision
