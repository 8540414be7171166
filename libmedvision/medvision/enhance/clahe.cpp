// SPDX-License-Identifier: Apache-2.0
// CLAHE by OpenCV on one channel, or on the lightness of colour, strip by strip.
#include "medvision/enhance/clahe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr int strip = 64;  ///< rows converted at once, so that no whole Lab picture is held

/// The same rows as Lab: 8U as OpenCV packs it, else 32F with L from 0 to 100.
cv::Mat to_lab(const cv::Mat& rows) {
  cv::Mat lab;
  if (rows.depth() == CV_8U) {
    cv::cvtColor(rows, lab, cv::COLOR_BGR2Lab);
  } else {
    cv::Mat real;
    rows.convertTo(real, CV_32F, 1.0 / 65535);
    cv::cvtColor(real, lab, cv::COLOR_BGR2Lab);
  }
  return lab;
}

void from_lab(const cv::Mat& lab, cv::Mat rows) {
  if (rows.depth() == CV_8U) {
    cv::cvtColor(lab, rows, cv::COLOR_Lab2BGR);
  } else {
    cv::Mat real;
    cv::cvtColor(lab, real, cv::COLOR_Lab2BGR);
    real.convertTo(rows, CV_16U, 65535);
  }
}

cv::Mat lightness(const cv::Mat& image) {
  cv::Mat plane(image.size(), CV_MAKETYPE(image.depth(), 1)), one;
  for (int y = 0; y < image.rows; y += strip) {
    const cv::Range rows(y, std::min(y + strip, image.rows));
    cv::extractChannel(to_lab(image.rowRange(rows)), one, 0);
    one.convertTo(plane.rowRange(rows), plane.depth(), image.depth() == CV_8U ? 1.0 : 655.35);
  }
  return plane;
}

void replace_lightness(cv::Mat& image, const cv::Mat& plane) {
  for (int y = 0; y < image.rows; y += strip) {
    const cv::Range rows(y, std::min(y + strip, image.rows));
    cv::Mat lab = to_lab(image.rowRange(rows)), one;
    plane.rowRange(rows).convertTo(one, lab.depth(), image.depth() == CV_8U ? 1.0 : 1 / 655.35);
    cv::insertChannel(one, lab, 0);
    from_lab(lab, image.rowRange(rows));
  }
}

}  // namespace

cv::Mat clahe(cv::Mat image, const clahe_parameters& p) {
  if (image.empty() || image.dims != 2 || (image.channels() != 1 && image.channels() != 3))
    throw error("E_SHAPE", fmt::format("CLAHE needs a picture of 1 or 3 channels, this one is {}x{} with {}",
                                       image.cols, image.rows, image.channels()));
  if (image.depth() != CV_8U && image.depth() != CV_16U)
    throw error("E_DEPTH",
                fmt::format("CLAHE needs 8- or 16-bit pixels, these are {}", cv::typeToString(image.type())));
  if (!(p.clip_limit > 0 && p.clip_limit <= 1000) || p.columns < 1 || p.columns > 256 || p.rows < 1 || p.rows > 256)
    throw error("E_OPTION",
                fmt::format("clip limit {} with {}x{} tiles: above 0 to 1000 and 1 to 256 tiles each way are taken",
                            p.clip_limit, p.columns, p.rows),
                blame::request);
  const auto equalizer = cv::createCLAHE(p.clip_limit, {p.columns, p.rows});
  if (image.channels() == 1) {
    equalizer->apply(image, image);
    return image;
  }
  cv::Mat plane = lightness(image);
  equalizer->apply(plane, plane);
  replace_lightness(image, plane);
  return image;
}

}  // namespace medvision
