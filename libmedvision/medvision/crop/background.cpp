// SPDX-License-Identifier: Apache-2.0
// Corner colours, quantiles, and the refusal of pictures in which nothing is to be seen.
#include "medvision/crop/background.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {

float quantile(std::vector<float> values, double share) {
  const auto at = values.begin() + std::ptrdiff_t(share * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

std::vector<float> samples(const cv::Mat& real) {
  const cv::Mat dense = real.isContinuous() ? real : real.clone(), flat = dense.reshape(1, 1);
  int stride = std::max(1, flat.cols / 20000);
  stride += stride % 3 == 0;  // so that all three channels are met
  std::vector<float> values;
  for (int i = 0; i < flat.cols; i += stride) values.push_back(flat.at<float>(i));
  return values;
}

std::vector<background> corner_colours(const cv::Mat& real, double bright) {
  const int side = std::max(2, int(0.04 * std::min(real.rows, real.cols)));
  const int right = real.cols - side, bottom = real.rows - side;
  std::vector<background> found;
  for (cv::Point at : {cv::Point(0, 0), cv::Point(right, 0), cv::Point(0, bottom), cv::Point(right, bottom)}) {
    std::vector<cv::Mat> planes;
    cv::split(real(cv::Rect(at, cv::Size(side, side))), planes);
    background b;
    b.corners = 1;
    for (std::size_t c = 0; c < planes.size(); ++c) {
      const std::vector<float> v = samples(planes[c]);
      b.colour[int(c)] = quantile(v, 0.5);
      b.spread = std::max<double>(b.spread, quantile(v, 0.9) - quantile(v, 0.1));
    }
    const auto like = std::find_if(found.begin(), found.end(), [&b, bright](const background& o) {
      return cv::norm(o.colour - b.colour, cv::NORM_INF) <= 0.05 * bright + std::max(o.spread, b.spread);
    });
    if (like == found.end()) {
      found.push_back(b);
    } else {
      if (b.spread < like->spread) like->colour = b.colour, like->spread = b.spread;
      ++like->corners;
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const background& a, const background& b) { return a.corners > b.corners; });
  return found;
}

cv::Mat distance_to(const background& b, const cv::Mat& real) {
  cv::Mat difference, out;
  cv::absdiff(real, b.colour, difference);
  if (real.channels() == 1) return difference;
  std::vector<cv::Mat> planes;
  cv::split(difference, planes);
  out = cv::max(planes[0], cv::max(planes[1], planes[2]));
  return out;
}

void check_contrast(const cv::Mat& real, int depth) {
  const std::vector<float> values = samples(real);
  // 12-bit pictures in 16-bit files are common, so black is judged against 4095 there.
  const float top = depth == CV_8U ? 255.f : 65535.f, unit = depth == CV_8U ? 1.f : 16.f;
  const float low = quantile(values, 0.001), high = quantile(values, 0.999);
  if (high <= 8 * unit)
    throw error("E_NO_FOV",
                fmt::format("the picture is all black: its brightest value is {:.0f} of {:.0f}", high, top));
  if (low >= top * (247.f / 255))
    throw error("E_NO_FOV", fmt::format("the picture is all white: its darkest value is {:.0f} of {:.0f}", low, top));
  std::vector<cv::Mat> planes;
  cv::split(real, planes);
  float range = 0;
  for (const cv::Mat& plane : planes) {
    const std::vector<float> v = samples(plane);
    range = std::max(range, quantile(v, 0.995) - quantile(v, 0.005));
  }
  if (range < 6 * unit * std::max(high / (255 * unit), 0.1f))
    throw error("E_NO_FOV", fmt::format("the picture has no contrast: its values span {:.1f} of {:.0f}", range, top));
}

}  // namespace medvision
