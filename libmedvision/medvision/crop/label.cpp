// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/label.hpp"

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "medvision/crop/background.hpp"

namespace medvision {
namespace {

using contour = std::vector<cv::Point>;

/// The rectangle's corners, moved outwards by `wider` pixels.
contour corners(cv::RotatedRect box, float wider) {
  box.size.width += 2 * wider;
  box.size.height += 2 * wider;
  std::array<cv::Point2f, 4> real;
  box.points(real.data());
  return {real.begin(), real.end()};
}

cv::Mat filled(const contour& outline, cv::Size size) {
  cv::Mat on = cv::Mat::zeros(size, CV_8U);
  cv::fillConvexPoly(on, outline, cv::Scalar(255));
  return on;
}

/// The share of the rim, 4 to 7 pixels outside, that is much darker than `inside`. Beyond the picture is no rim.
double dark_rim(const cv::Mat& real, const cv::RotatedRect& box, double inside, float low) {
  const contour outer = corners(box, 7);
  const cv::Rect around = cv::boundingRect(outer) & cv::Rect({}, real.size());
  cv::RotatedRect moved = box;
  moved.center -= cv::Point2f(around.tl());
  const cv::Mat rim = filled(corners(moved, 7), around.size()) & ~filled(corners(moved, 4), around.size());
  const cv::Mat dark = real(around) <= low + 0.6 * (inside - low);
  const int all = cv::countNonZero(rim);
  return all == 0 ? 0 : double(cv::countNonZero(dark & rim)) / all;
}

}  // namespace

cv::Mat find_labels(const cv::Mat& grey, const cv::Mat& elsewhere, const label_parameters& p) {
  cv::Mat real, found = cv::Mat::zeros(grey.size(), CV_8U);
  grey.convertTo(real, CV_32F);
  const std::vector<float> values = samples(real);
  const float low = quantile(values, 0.001), high = quantile(values, 0.999);
  if (high <= low) return found;
  const cv::Mat bright = (real >= low + p.bright * (high - low)) & (elsewhere == 0);
  std::vector<contour> outlines;
  cv::findContours(bright, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  const double all = double(grey.total());
  for (const contour& outline : outlines) {
    const cv::RotatedRect box = cv::minAreaRect(outline);
    // A contour runs through the middles of the outermost pixels.
    const double area = cv::contourArea(outline) + double(outline.size()) / 2 + 1;
    const double around = (double(box.size.width) + 1) * (double(box.size.height) + 1);
    if (area < p.least_area * all || area > p.most_area * all || area < p.least_filled * around) continue;
    const cv::Rect upright = cv::boundingRect(outline);
    cv::Mat inside = cv::Mat::zeros(upright.size(), CV_8U);
    cv::fillPoly(inside, std::vector<contour>{outline}, cv::Scalar(255), cv::LINE_8, 0, -upright.tl());
    if (dark_rim(real, box, cv::mean(real(upright), inside & bright(upright))[0], low) < p.least_dark) continue;
    cv::fillConvexPoly(found, corners(box, 1), cv::Scalar(255));
  }
  return found;
}

}  // namespace medvision
