// SPDX-License-Identifier: Apache-2.0
// The search on a reduced picture, the rim at full resolution, and the mask of both.
#include "medvision/crop/fundus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "medvision/crop/background.hpp"
#include "medvision/crop/circle.hpp"
#include "medvision/crop/rim.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

void check(const cv::Mat& image) {
  if (image.empty() || image.dims != 2 || (image.channels() != 1 && image.channels() != 3) || image.rows < 16 ||
      image.cols < 16)
    throw error("E_SHAPE",
                fmt::format("a fundus picture has 1 or 3 channels and sides of at least 16, this one is {}x{} "
                            "with {}",
                            image.cols, image.rows, image.channels()));
  if (image.depth() != CV_8U && image.depth() != CV_16U)
    throw error("E_DEPTH",
                fmt::format("a fundus picture has 8- or 16-bit pixels, these are {}", cv::typeToString(image.type())));
}

/// How many times smaller the copy is, a whole number: its longer side becomes at most `side`.
int reduction(cv::Size size, int side) {
  const int factor = (std::max(size.width, size.height) + side - 1) / side;
  return factor <= 2 ? factor : factor + factor % 2;
}

/// A smoothed copy in 32F. Of large pictures two rows of each block are read.
cv::Mat reduce(const cv::Mat& image, int factor) {
  const int skip = std::max(1, factor / 2);
  const cv::Size size(std::max(1, image.cols / factor), std::max(1, image.rows / factor));
  const cv::Mat some(size.height * factor / skip, size.width * factor, image.type(), image.data,
                     image.step * std::size_t(skip));
  cv::Mat small, real;
  cv::resize(some, small, size, 0, 0, cv::INTER_AREA);
  small.convertTo(real, CV_32F);
  cv::GaussianBlur(real, real, {3, 3}, 0);
  return real;
}

/// The largest region above the threshold, gaps closed and holes filled; empty when there is none.
std::vector<cv::Point> outline_above(const cv::Mat& distance, double threshold) {
  cv::Mat on = distance > threshold;
  const int reach = std::max(1, int(0.006 * std::max(on.cols, on.rows)));
  const cv::Mat disk = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1});
  cv::morphologyEx(on, on, cv::MORPH_OPEN, disk);
  cv::morphologyEx(on, on, cv::MORPH_CLOSE, disk);
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(on, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  const auto largest = std::max_element(outlines.begin(), outlines.end(), [](const auto& a, const auto& b) {
    return cv::contourArea(a) < cv::contourArea(b);
  });
  return largest == outlines.end() ? std::vector<cv::Point>{} : *largest;
}

/// What one guess of background and threshold led to, on the reduced picture.
struct guess {
  background behind;
  std::vector<cv::Point> outline;
  circle rim;
  double support = 0;
};

std::vector<double> thresholds(const cv::Mat& distance, const background& b) {
  const std::vector<float> values = samples(distance);
  const double high = std::max(quantile(values, 0.98), 1e-3f), low = std::max(1.5 * b.spread, 0.05 * high);
  cv::Mat bytes;
  distance.convertTo(bytes, CV_8U, 255 / high);
  const double otsu = cv::threshold(bytes, bytes, 0, 255, cv::THRESH_OTSU) * high / 255;
  return {low, 2 * low, 0.5 * otsu, std::min(otsu, 0.5 * high)};
}

/// The part of the picture in which a rim can be seen: not its own edge.
cv::Rect2d inner(cv::Size size) { return {2, 2, size.width - 4.0, size.height - 4.0}; }

/// A rim is believed when the region fills it: not the optic disc, and not an arc of something else.
bool is_plausible(const guess& g, cv::Size size) {
  cv::Mat region = cv::Mat::zeros(size, CV_8U);
  cv::fillPoly(region, std::vector<std::vector<cv::Point>>{g.outline}, cv::Scalar(255));
  const cv::Mat disk = disk_mask(g.rim, {{}, size}, size);
  const double both = cv::countNonZero(region & disk), rim = cv::countNonZero(disk), all = cv::countNonZero(region);
  return rim >= 0.1 * size.area() && both >= 0.6 * rim && both >= 0.85 * all;
}

guess best_guess(const cv::Mat& real, double bright) {
  guess best;
  for (const background& b : corner_colours(real, bright)) {
    const cv::Mat distance = distance_to(b, real);
    for (double t : thresholds(distance, b)) {
      guess g{b, outline_above(distance, t), {}, 0};
      std::vector<cv::Point2d> rim;
      for (cv::Point q : g.outline)
        if (inner(real.size()).contains(q)) rim.emplace_back(q.x + 0.5, q.y + 0.5);
      g.rim = consensus_circle(rim, real.size());
      if (g.rim.radius > 0 && is_plausible(g, real.size())) g.support = rim_support(g.rim, rim, inner(real.size()));
      if (g.support > best.support || best.outline.empty()) best = g;
      if (best.support > 0.95) return best;
    }
  }
  return best;
}

fundus_field whole_picture(cv::Size size) {
  return {cv::Mat(size, CV_8U, cv::Scalar(255)), {{}, size}, {size.width / 2.0, size.height / 2.0}, 0, 0};
}

/// The region itself, where it is one solid piece on a background but no circle; else the whole picture.
fundus_field field_of_region(const guess& g, cv::Size reduced, cv::Size size) {
  if (g.outline.size() < 8) return whole_picture(size);
  std::vector<cv::Point> hull;
  cv::convexHull(g.outline, hull);
  const double area = cv::contourArea(g.outline), share = area / double(reduced.area());
  if (share < 0.1 || share > 0.97 || area < 0.9 * cv::contourArea(hull)) return whole_picture(size);
  cv::Mat on = cv::Mat::zeros(reduced, CV_8U), large;
  cv::fillPoly(on, std::vector<std::vector<cv::Point>>{g.outline}, cv::Scalar(255));
  cv::resize(on, large, size, 0, 0, cv::INTER_LINEAR);
  fundus_field f{large > 127};
  f.box = cv::boundingRect(f.mask);
  f.centre = {f.box.x + f.box.width / 2.0, f.box.y + f.box.height / 2.0};
  f.confidence = g.support;
  return f;
}

/// What straight cuts leave of the picture, at full resolution.
cv::Rect kept_by_cuts(const background_distance& distance, const guess& g, const circle& c, cv::Size reduced,
                      double scale) {
  cv::Mat on = cv::Mat::zeros(reduced, CV_8U);
  cv::fillPoly(on, std::vector<std::vector<cv::Point>>{g.outline}, cv::Scalar(255));
  const cv::Size size = distance.image.size();
  const std::array<double, 4> met = straight_cuts(on, g.rim);
  const std::array<int, 4> ends{0, 0, reduced.width, reduced.height};
  std::array<int, 4> edge{0, 0, size.width, size.height};
  for (std::size_t side = 0; side < 4; ++side)
    if (met[side] != ends[side])
      edge[side] = refine_cut(distance, c, side % 2 == 0, side >= 2, met[side] * scale, 4 * scale + 2);
  return clip({edge[0], edge[1], edge[2] - edge[0], edge[3] - edge[1]}, size);
}

fundus_field field_of_circle(const background_distance& distance, const guess& g, cv::Size reduced, double scale) {
  const cv::Size size = distance.image.size();
  circle c{g.rim.centre * scale, g.rim.radius * scale};
  std::vector<cv::Point2d> rim;
  double reach = 0;
  for (double share : {0.04, 0.02, 0.01}) {
    reach = std::max({200 * share * scale, share * c.radius, 4.0});
    rim = rim_points(distance, c, reach);
    c = fit_circle(rim, c);
  }
  const cv::Rect kept = kept_by_cuts(distance, g, c, reduced, scale);
  // Nearer to an edge than `reach` a rise cannot be sought.
  const cv::Rect2d visible(kept.x + reach, kept.y + reach, kept.width - 2 * reach, kept.height - 2 * reach);
  fundus_field f{disk_mask(c, kept, size), {}, c.centre, c.radius, rim_support(c, rim, visible)};
  f.box = cv::boundingRect(f.mask);
  return f;
}

}  // namespace

fundus_field find_fundus_field(const cv::Mat& image, const fundus_parameters& p) {
  check(image);
  const int factor = reduction(image.size(), p.reduced_side);
  const cv::Mat real = reduce(image, factor);
  check_contrast(real, image.depth());
  const double bright = quantile(samples(real), 0.999);
  const guess g = best_guess(real, bright);
  if (g.support < p.least_support) return field_of_region(g, real.size(), image.size());
  const double least = std::max(0.03 * bright, 1.5 * g.behind.spread);
  const fundus_field found = field_of_circle({image, g.behind.colour, least}, g, real.size(), factor);
  return found.confidence < p.least_support ? field_of_region(g, real.size(), image.size()) : found;
}

}  // namespace medvision
