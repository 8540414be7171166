// SPDX-License-Identifier: Apache-2.0
// Layers over a picture: outlines, heat, boxes.
#include "medvision/draw/overlay.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

void check(const cv::Mat& picture, const cv::Mat& layer, int layer_type) {
  if (picture.empty() || picture.type() != CV_8UC3 || layer.size() != picture.size() || layer.type() != layer_type)
    throw error("E_SHAPE",
                fmt::format("a layer of {} on 8UC3 of one size is drawn; met {}x{} {} on {}x{} {}",
                            cv::typeToString(layer_type), layer.cols, layer.rows, cv::typeToString(layer.type()),
                            picture.cols, picture.rows, cv::typeToString(picture.type())));
}

/// Lines grow with the picture, so that they are seen when it is shown small.
int line_width(cv::Size size) { return std::max(1, std::max(size.width, size.height) / 700); }

}  // namespace

cv::Mat drawable(const cv::Mat& image) {
  if (image.empty() || image.dims != 2 || (image.channels() != 1 && image.channels() != 3))
    throw error("E_SHAPE", fmt::format("a picture of 1 or 3 channels is drawn on, this one is {}x{} with {}",
                                       image.cols, image.rows, image.channels()));
  cv::Mat bytes, out;
  if (image.depth() == CV_8U) {
    bytes = image;
  } else {
    double low = 0, high = 0;
    cv::minMaxIdx(image.reshape(1), &low, &high);
    const double scale = high > low ? 255 / (high - low) : 0;
    image.convertTo(bytes, CV_8U, scale, -low * scale);
  }
  if (bytes.channels() == 1)
    cv::cvtColor(bytes, out, cv::COLOR_GRAY2BGR);
  else
    bytes.copyTo(out);
  return out;
}

cv::Mat map_channel(const cv::Mat& map, const std::vector<std::string>& classes, const std::string& name) {
  if (map.dims != 3 || map.type() != CV_32F || map.size[1] < 1 || map.size[2] < 1)
    throw error("E_SHAPE",
                fmt::format("a map has the shape channels x rows x columns, this one has {} dimensions", map.dims));
  const auto at = std::find(classes.begin(), classes.end(), name);
  const bool only = name.empty() && map.size[0] == 1;
  const int channel = only ? 0 : int(at - classes.begin());
  if (!only && (at == classes.end() || channel >= map.size[0]))
    throw error("E_CLASS", fmt::format("'{}' is not one of the {} channels of the map: {}", name, map.size[0],
                                       fmt::join(classes, ", ")));
  const std::array<cv::Range, 3> one{cv::Range(channel, channel + 1), cv::Range::all(), cv::Range::all()};
  return map(one.data()).reshape(1, std::vector<int>{map.size[1], map.size[2]});
}

cv::Mat find_above(const cv::Mat& values, double threshold, const cv::Mat& inside) {
  if (values.type() != CV_32F || (!inside.empty() && (inside.size() != values.size() || inside.type() != CV_8U)))
    throw error("E_SHAPE",
                fmt::format("a map of 32F and a mask of its size are needed; met {} of {}x{} and {}x{}",
                            cv::typeToString(values.type()), values.cols, values.rows, inside.cols, inside.rows));
  cv::Mat found = values >= threshold;
  if (!inside.empty()) found.setTo(0, inside == 0);
  return found;
}

void draw_outline(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& colour) {
  check(picture, mask, CV_8U);
  const int reach = 2 * line_width(picture.size()) + 1;
  cv::Mat around;
  cv::dilate(mask, around, cv::getStructuringElement(cv::MORPH_ELLIPSE, {reach, reach}), {-1, -1}, 1,
             cv::BORDER_CONSTANT, cv::Scalar(0));
  around.setTo(0, mask);
  picture.setTo(colour, around);
}

void draw_heat(cv::Mat& picture, const cv::Mat& values, const cv::Mat& inside) {
  check(picture, values, CV_32F);
  if (!inside.empty()) check(picture, inside, CV_8U);
  cv::Mat ramp(1, 256, CV_8U), table;
  for (int i = 0; i < 256; ++i) ramp.at<uchar>(i) = uchar(i);
  cv::applyColorMap(ramp, table, cv::COLORMAP_VIRIDIS);
  for (int y = 0; y < picture.rows; ++y) {
    const float* v = values.ptr<float>(y);
    auto* p = picture.ptr<cv::Vec3b>(y);
    for (int x = 0; x < picture.cols; ++x) {
      if (!inside.empty() && !inside.at<uchar>(y, x)) continue;
      const float level = std::clamp(v[x], 0.f, 1.f), opaque = 0.8f * level;
      const cv::Vec3b heat = table.at<cv::Vec3b>(int(level * 255));
      for (int c = 0; c < 3; ++c) p[x][c] = cv::saturate_cast<uchar>((1 - opaque) * p[x][c] + opaque * heat[c]);
    }
  }
}

void draw_box(cv::Mat& picture, const cv::Rect2d& box, const cv::Scalar& colour) {
  check(picture, picture, CV_8UC3);
  const auto ring = [&picture](cv::Rect b, int lines, const cv::Scalar& c) {
    for (int i = 0; i < lines && b.width > 0 && b.height > 0; ++i, b = {b.x + 1, b.y + 1, b.width - 2, b.height - 2})
      cv::rectangle(picture, b, c, 1);
  };
  const int width = line_width(picture.size());
  const cv::Rect b = round_corners(box);
  ring({b.x - 1, b.y - 1, b.width + 2, b.height + 2}, width + 2, {0, 0, 0});
  ring(b, width, colour);
}

}  // namespace medvision
