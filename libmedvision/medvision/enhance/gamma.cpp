// SPDX-License-Identifier: Apache-2.0
// Gamma tables of 8 and 16 bit.
#include "medvision/enhance/gamma.hpp"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {

cv::Mat gamma_table(double gamma, int depth) {
  if (!(gamma >= 0.05 && gamma <= 20))
    throw error("E_OPTION", fmt::format("gamma {} is outside 0.05 to 20", gamma), blame::request);
  if (depth != CV_8U && depth != CV_16U)
    throw error("E_DEPTH", fmt::format("gamma needs 8- or 16-bit pixels, these are {}", cv::depthToString(depth)));
  const int top = depth == CV_8U ? 255 : 65535;
  cv::Mat table(1, top + 1, depth);
  for (int i = 0; i <= top; ++i) {
    const double v = top * std::pow(double(i) / top, 1.0 / gamma);
    if (depth == CV_8U)
      table.at<uchar>(i) = uchar(v);
    else
      table.at<ushort>(i) = ushort(v);
  }
  return table;
}

cv::Mat correct_gamma(cv::Mat image, double gamma) {
  const cv::Mat table = gamma_table(gamma, image.depth());
  if (image.empty()) throw error("E_SHAPE", "an empty picture has no gamma");
  if (image.depth() == CV_8U) {
    cv::LUT(image, table, image);
    return image;
  }
  const ushort* t = table.ptr<ushort>();
  cv::Mat flat = image.reshape(1);
  for (int y = 0; y < flat.rows; ++y)
    for (ushort *p = flat.ptr<ushort>(y), *end = p + flat.cols; p != end; ++p) *p = t[*p];
  return image;
}

}  // namespace medvision
