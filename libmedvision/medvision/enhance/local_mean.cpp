// SPDX-License-Identifier: Apache-2.0
// Gaussian local means, on a reduced picture where they are wide.
#include "medvision/enhance/local_mean.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

void check(const cv::Mat& image, const local_mean_parameters& p, const cv::Mat& inside) {
  if (image.empty() || image.dims != 2 || (image.channels() != 1 && image.channels() != 3))
    throw error("E_SHAPE", fmt::format("a local mean needs a picture of 1 or 3 channels, this one is {}x{} with {}",
                                       image.cols, image.rows, image.channels()));
  if (image.depth() != CV_8U && image.depth() != CV_16U)
    throw error("E_DEPTH",
                fmt::format("a local mean needs 8- or 16-bit pixels, these are {}", cv::typeToString(image.type())));
  if (!inside.empty() && (inside.size() != image.size() || inside.type() != CV_8U))
    throw error("E_SHAPE",
                fmt::format("the mask is {}x{}, the picture {}x{}", inside.cols, inside.rows, image.cols, image.rows));
  if (!(p.sigma > 0 && p.sigma <= 10000) || !(p.gain > 0 && p.gain <= 100))
    throw error("E_OPTION",
                fmt::format("sigma {} and gain {}: above 0 to 10000 and above 0 to 100 are taken", p.sigma, p.gain),
                blame::request);
}

/// Gaussian mean in 32F of a picture that is reduced by `factor` each way.
cv::Mat blur_reduced(const cv::Mat& image, cv::Size reduced, double sigma, double factor) {
  cv::Mat small, real;
  cv::resize(image, small, reduced, 0, 0, cv::INTER_AREA);
  small.convertTo(real, CV_32F);
  // A cell's own width already blurs: the variance of a box of `factor` pixels is (factor^2 - 1) / 12.
  const double left = std::sqrt(std::max(sigma * sigma - (factor * factor - 1) / 12, 0.01)) / factor;
  // Mirrored at the edge of the border cells, which is the edge of the picture at any reduction.
  cv::GaussianBlur(real, real, {}, left, left, cv::BORDER_REFLECT);
  return real;
}

/// sum(values) / sum(weights) per pixel; 0 where no weight is near.
void divide(cv::Mat& values, const cv::Mat& weights) {
  cv::Mat planes = weights;
  if (values.channels() == 3) cv::merge(std::vector<cv::Mat>{weights, weights, weights}, planes);
  cv::divide(values, cv::max(planes, cv::Scalar::all(1e-6)), values);
}

cv::Mat local_mean(const cv::Mat& image, double sigma, const cv::Mat& inside) {
  const double factor = sigma >= 16 ? std::floor(sigma / 8) : 1.0;
  const cv::Size reduced(std::max(1, int(std::ceil(image.cols / factor))),
                         std::max(1, int(std::ceil(image.rows / factor))));
  cv::Mat mean;
  if (inside.empty()) {
    mean = blur_reduced(image, reduced, sigma, factor);
  } else {
    cv::Mat kept = cv::Mat::zeros(image.size(), image.type()), weight = inside != 0;
    image.copyTo(kept, inside);
    mean = blur_reduced(kept, reduced, sigma, factor);
    divide(mean, blur_reduced(weight, reduced, sigma, factor) / 255.0);
  }
  if (reduced != image.size()) cv::resize(mean, mean, image.size(), 0, 0, cv::INTER_LINEAR);
  return mean;
}

}  // namespace

cv::Mat subtract_local_mean(const cv::Mat& image, const local_mean_parameters& p, const cv::Mat& inside) {
  check(image, p, inside);
  const double middle = image.depth() == CV_8U ? 128 : 32768;
  cv::Mat out;
  cv::addWeighted(image, p.gain, local_mean(image, p.sigma, inside), -p.gain, middle, out, image.depth());
  if (!inside.empty()) out.setTo(cv::Scalar::all(middle), inside == 0);
  return out;
}

}  // namespace medvision
