// SPDX-License-Identifier: Apache-2.0
// The contrast chain put together from its steps.
#include "medvision/enhance/contrast.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <opencv2/core.hpp>
#include <sstream>
#include <string>

#include "medvision/enhance/gamma.hpp"
#include "medvision/error.hpp"

namespace medvision {
namespace {

bool stops_early(const contrast_parameters& p) {
  return p.clahe.clip_limit == 0 && p.gamma == 1 && p.local_mean.sigma == 0;
}

cv::Mat real_chain(const cv::Mat& image, const contrast_parameters& p) {
  const double top = image.depth() == CV_8U ? 255 : 65535;
  const cv::Mat values = p.gray == gray_choice::weighted ? gray(image, p.weights)
                         : p.gray == gray_choice::green  ? green_channel(image)
                                                         : image;
  cv::Mat out;
  standardize(values, p.standardize, top).convertTo(out, CV_32F);
  return out;
}

/// Grey and stretch, in the depth of the picture.
cv::Mat first_steps(const cv::Mat& image, const contrast_parameters& p) {
  const bool stretched = p.standardize.how != standardization::none;
  if (p.gray == gray_choice::weighted)
    return image.channels() == 1 ? (stretched ? stretch(image) : image)
           : stretched           ? stretched_gray(image, p.weights)
                                 : rounded_gray(image, p.weights);
  const cv::Mat chosen = p.gray == gray_choice::green && image.channels() == 3 ? green_channel(image) : image;
  return stretched ? stretch(chosen) : chosen;
}

void check(const cv::Mat& image) {
  if (image.empty() || image.dims != 2 || (image.channels() != 1 && image.channels() != 3))
    throw error("E_SHAPE",
                fmt::format("the contrast chain needs a picture of 1 or 3 channels, this one is {}x{} with {}",
                            image.cols, image.rows, image.channels()));
  if (image.depth() != CV_8U && image.depth() != CV_16U)
    throw error("E_DEPTH", fmt::format("the contrast chain needs 8- or 16-bit pixels, these are {}",
                                       cv::typeToString(image.type())));
}

}  // namespace

void parse_gray(std::string_view text, contrast_parameters& p) {
  if (text == "green") {
    p.gray = gray_choice::green;
    return;
  }
  std::istringstream in{std::string(text)};
  in.imbue(std::locale::classic());
  std::array<double, 3> w{};
  char first = 0, second = 0, rest = 0;
  const bool read =
      bool(in >> w[0] >> first >> w[1] >> second >> w[2]) && first == ',' && second == ',' && !(in >> rest);
  for (double v : w)
    if (!read || !(std::abs(v) <= 10))
      throw error("E_OPTION", fmt::format("\"{}\" is no grey: green, or weights R,G,B from -10 to 10", text),
                  blame::request);
  p.gray = gray_choice::weighted;
  p.weights = {w[0], w[1], w[2]};
}

void check_contrast_parameters(const contrast_parameters& p) {
  cv::Mat pixel = cv::Mat::zeros(1, 1, CV_8U);
  enhance_contrast(pixel, p);
}

bool is_constant(const cv::Mat& image) {
  const std::size_t pixel = image.elemSize(), row = pixel * std::size_t(image.cols);
  const uchar* first = image.ptr(0);
  if (std::memcmp(first, first + pixel, row - pixel) != 0) return false;
  for (int y = 1; y < image.rows; ++y)
    if (std::memcmp(first, image.ptr(y), row) != 0) return false;
  return true;
}

cv::Mat enhance_contrast(cv::Mat image, const contrast_parameters& p, const cv::Mat& inside) {
  check(image);
  const bool real = p.gray == gray_choice::weighted || p.standardize.how != standardization::none;
  if (p.real_values && real && stops_early(p)) return real_chain(image, p);
  cv::Mat out = first_steps(image, p);
  image.release();
  if (p.clahe.clip_limit != 0) out = clahe(out, p.clahe);
  if (p.gamma != 1) out = correct_gamma(out, p.gamma);
  if (p.local_mean.sigma != 0) out = subtract_local_mean(out, p.local_mean, inside);
  return out;
}

}  // namespace medvision
