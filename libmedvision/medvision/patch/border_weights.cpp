// SPDX-License-Identifier: Apache-2.0
// Objects one after the other, each with the distances that matter around it.
#include "medvision/patch/border_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr float far_away = std::numeric_limits<float>::infinity();

void check(const cv::Mat& labels, const border_weight_parameters& p) {
  if (labels.empty() || labels.channels() != 1)
    throw error("E_SHAPE", fmt::format("labels of {} channels, {}x{} pixels: one channel, not empty, is needed",
                                       labels.channels(), labels.cols, labels.rows));
  if (labels.depth() != CV_8U && labels.depth() != CV_16U)
    throw error("E_DEPTH", "labels are of 8 or 16 bits; these are of neither");
  if (!(p.w0 >= 0 && p.w0 <= 1e6) || !(p.sigma > 0 && p.sigma <= 1000))
    throw error("E_OPTION",
                fmt::format("w0 {} and sigma {}: 0 to 1000000 and above 0 to 1000 are taken", p.w0, p.sigma),
                blame::request);
}

/// Objects numbered from 1, 32S, with the box around each; a piece of each value, whatever touches it.
cv::Mat find_objects(const cv::Mat& labels, std::vector<cv::Rect>& boxes) {
  cv::Mat objects(labels.size(), CV_32S, cv::Scalar(0));
  std::vector<cv::Point> open;
  const auto value = [&](cv::Point q) {
    return labels.depth() == CV_8U ? int(labels.at<uchar>(q)) : int(labels.at<ushort>(q));
  };
  const cv::Rect all({}, labels.size());
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x) {
      const int here = value({x, y});
      if (here == 0 || objects.at<int>(y, x) != 0) continue;
      boxes.emplace_back(x, y, 1, 1);
      open.assign(1, {x, y});
      objects.at<int>(y, x) = int(boxes.size());
      while (!open.empty()) {
        const cv::Point q = open.back();
        open.pop_back();
        boxes.back() |= cv::Rect(q, cv::Size(1, 1));
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx) {
            const cv::Point next(q.x + dx, q.y + dy);
            if (!all.contains(next) || objects.at<int>(next) != 0 || value(next) != here) continue;
            objects.at<int>(next) = int(boxes.size());
            open.push_back(next);
          }
      }
    }
  return objects;
}

/// 0 at border pixels of object `number` inside `part`, 255 elsewhere.
cv::Mat border_of(const cv::Mat& objects, int number, const cv::Rect& part) {
  cv::Mat border(part.size(), CV_8U, cv::Scalar(255));
  const auto is_other = [&](int y, int x) {
    return y >= 0 && x >= 0 && y < objects.rows && x < objects.cols && objects.at<int>(y, x) != number;
  };
  for (int y = part.y; y < part.br().y; ++y)
    for (int x = part.x; x < part.br().x; ++x)
      if (objects.at<int>(y, x) == number &&
          (is_other(y - 1, x) || is_other(y + 1, x) || is_other(y, x - 1) || is_other(y, x + 1)))
        border.at<uchar>(y - part.y, x - part.x) = 0;
  return border;
}

}  // namespace

cv::Mat border_weights(const cv::Mat& labels, const border_weight_parameters& p) {
  check(labels, p);
  std::vector<cv::Rect> boxes;
  const cv::Mat objects = find_objects(labels, boxes);
  cv::Mat first(labels.size(), CV_32F, cv::Scalar(far_away)), second = first.clone();
  const int reach = int(std::ceil(p.sigma * std::sqrt(2 * 60 * std::log(2.0))));
  for (std::size_t i = 0; i < boxes.size() && p.w0 > 0; ++i) {
    const cv::Rect part =
        cv::Rect(boxes[i].x - reach, boxes[i].y - reach, boxes[i].width + 2 * reach, boxes[i].height + 2 * reach) &
        cv::Rect({}, labels.size());
    const cv::Mat border = border_of(objects, int(i) + 1, part);
    if (cv::countNonZero(border) == part.area()) continue;  // it fills the picture
    cv::Mat distance;
    cv::distanceTransform(border, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    for (int y = 0; y < part.height; ++y)
      for (int x = 0; x < part.width; ++x) {
        const float d = distance.at<float>(y, x);
        float& nearest = first.at<float>(part.y + y, part.x + x);
        float& next = second.at<float>(part.y + y, part.x + x);
        if (d < nearest)
          next = nearest, nearest = d;
        else
          next = std::min(next, d);
      }
  }
  const double all = double(labels.total()), inside = cv::countNonZero(labels), outside = all - inside;
  const double classes = double(inside > 0) + double(outside > 0);
  cv::Mat weights(labels.size(), CV_32F);
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x) {
      const double d = double(first.at<float>(y, x)) + second.at<float>(y, x);
      const double balance = all / (classes * (objects.at<int>(y, x) != 0 ? inside : outside));
      weights.at<float>(y, x) = float(balance + p.w0 * std::exp(-d * d / (2 * p.sigma * p.sigma)));
    }
  return weights;
}

}  // namespace medvision
