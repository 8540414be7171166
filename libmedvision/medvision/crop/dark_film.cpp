// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/dark_film.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/crop/background.hpp"

namespace medvision {
namespace {

constexpr int coarse = 4;  // the dark film is smooth; a sixteenth of the pixels shows it

/// Each pixel below 0 takes the value of the nearest one that is not; all stay where there is none.
void spread_inwards(cv::Mat& values) {
  cv::Mat distance, nearest;
  const cv::Mat unknown = values < 0;
  if (cv::countNonZero(unknown) == 0 || cv::countNonZero(~unknown) == 0) return;
  cv::distanceTransform(unknown, distance, nearest, cv::DIST_L2, cv::DIST_MASK_5, cv::DIST_LABEL_PIXEL);
  std::vector<float> of_label(values.total() + 1);
  for (int y = 0; y < values.rows; ++y)
    for (int x = 0; x < values.cols; ++x)
      if (unknown.at<uchar>(y, x) == 0) of_label[std::size_t(nearest.at<int>(y, x))] = values.at<float>(y, x);
  for (int y = 0; y < values.rows; ++y)
    for (int x = 0; x < values.cols; ++x)
      if (unknown.at<uchar>(y, x) != 0) values.at<float>(y, x) = of_label[std::size_t(nearest.at<int>(y, x))];
}

/// How much brighter than the dark film around it a pixel is: the difference to the opening by a square of `width`,
/// in which pixels that are not `film` neither count nor spread; far from any film, to the nearest. real: 32F, not
/// below 0.
cv::Mat standing_out(const cv::Mat& real, const cv::Mat& film, int width) {
  cv::Mat small, shown, dark, out;
  const cv::Size size((real.cols + coarse - 1) / coarse, (real.rows + coarse - 1) / coarse);
  cv::resize(real, small, size, 0, 0, cv::INTER_AREA);
  cv::resize(film, shown, size, 0, 0, cv::INTER_AREA);
  constexpr float nothing = std::numeric_limits<float>::max();
  small.setTo(nothing, shown < 255);
  const int side = 2 * (width / coarse / 2) + 1;
  const cv::Mat square = cv::getStructuringElement(cv::MORPH_RECT, {side, side});
  cv::erode(small, dark, square);
  dark.setTo(-1, dark == nothing);
  cv::dilate(dark, dark, square);
  spread_inwards(dark);
  cv::resize(dark, out, real.size(), 0, 0, cv::INTER_LINEAR);
  return real - out;
}

}  // namespace

cv::Mat grown(const cv::Mat& mask, double by) {
  cv::Mat distance;
  cv::distanceTransform(mask == 0, distance, cv::DIST_L2, cv::DIST_MASK_5);
  return distance <= by;
}

std::vector<float> values_at(const cv::Mat& real, const cv::Mat& on) {
  const int stride = 1 + cv::countNonZero(on) / 20000;
  std::vector<float> values;
  int met = 0;
  for (int y = 0; y < on.rows; ++y)
    for (int x = 0; x < on.cols; ++x)
      if (on.at<uchar>(y, x) != 0 && met++ % stride == 0) values.push_back(real.at<float>(y, x));
  return values;
}

cv::Mat find_contrasts(const cv::Mat& real, const cv::Mat& film, double range, const dark_film_parameters& p) {
  if (cv::countNonZero(film) == 0) return cv::Mat::zeros(real.size(), CV_8U);
  cv::Mat calm;
  cv::medianBlur(real, calm, 3);  // single pixels are noise
  const cv::Mat out = standing_out(calm, film, int(p.widest * std::max(real.cols, real.rows)));
  std::vector<float> values = values_at(out, film);
  const float middle = quantile(values, 0.5);
  for (float& v : values) v = std::abs(v - middle);
  const double deviation = 1.4826 * quantile(values, 0.5);  // of a normal one, by its median
  return out > middle + std::max(p.least_contrast * range, p.least_noise * deviation);
}

}  // namespace medvision
