// SPDX-License-Identifier: Apache-2.0
// Profiles across a rim and across straight cuts.
#include "medvision/crop/rim.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "medvision/crop/background.hpp"

namespace medvision {
namespace {

template <class Pixel>
double largest_difference(const background_distance& d, int x, int y) {
  const int channels = d.image.channels();
  const Pixel* p = d.image.ptr<Pixel>(y) + std::ptrdiff_t(x) * channels;
  double most = 0;
  for (int c = 0; c < channels; ++c) most = std::max(most, std::abs(p[c] - d.colour[c]));
  return most;
}

}  // namespace

double background_distance::operator()(cv::Point2d at) const {
  const int x = std::clamp(int(std::floor(at.x)), 0, image.cols - 1);
  const int y = std::clamp(int(std::floor(at.y)), 0, image.rows - 1);
  return image.depth() == CV_8U ? largest_difference<uchar>(*this, x, y) : largest_difference<ushort>(*this, x, y);
}

std::optional<cv::Point2d> find_rise(const background_distance& distance, cv::Point2d outside, cv::Point2d inside) {
  const cv::Rect2d whole(0, 0, distance.image.cols, distance.image.rows);
  if (!whole.contains(outside) || !whole.contains(inside)) return std::nullopt;
  const cv::Point2d way = inside - outside;
  const int steps = std::clamp(int(std::ceil(cv::norm(way))), 6, 400);
  std::vector<double> profile(std::size_t(steps) + 1);
  for (int i = 0; i <= steps; ++i) profile[std::size_t(i)] = distance(outside + way * (double(i) / steps));
  const std::size_t third = profile.size() / 3;
  double low = 0, high = 0;
  for (std::size_t i = 0; i < third; ++i) {
    low += profile[i] / double(third);
    high += profile[profile.size() - 1 - i] / double(third);
  }
  if (high - low < distance.least) return std::nullopt;
  const double half = (low + high) / 2;
  // Two in a row, so that a single noisy pixel of the background is not the rim.
  for (std::size_t i = 1; i + 1 < profile.size(); ++i)
    if (profile[i] >= half && profile[i + 1] >= half) {
      const double before = profile[i - 1];
      const double part = profile[i] > before ? std::clamp((half - before) / (profile[i] - before), 0.0, 1.0) : 1.0;
      return outside + way * ((double(i) - 1 + part) / steps);
    }
  return std::nullopt;
}

std::vector<cv::Point2d> rim_points(const background_distance& distance, const circle& c, double reach) {
  std::vector<cv::Point2d> found;
  for (int i = 0; i < 720; ++i) {
    const double angle = 2 * CV_PI * i / 720;
    const cv::Point2d way(std::cos(angle), std::sin(angle));
    if (const auto rise = find_rise(distance, c.centre + way * (c.radius + reach), c.centre + way * (c.radius - reach)))
      found.push_back(*rise);
  }
  return found;
}

std::array<double, 4> straight_cuts(const cv::Mat& on, const circle& c) {
  std::array<double, 4> edge{0, 0, double(on.cols), double(on.rows)};
  for (std::size_t side = 0; side < 4; ++side) {
    const bool across = side % 2 == 0, far = side >= 2;  // left and right edges are found along rows
    const int lines = across ? on.rows : on.cols, length = across ? on.cols : on.rows;
    const double middle = across ? c.centre.y : c.centre.x, along = across ? c.centre.x : c.centre.y;
    std::vector<float> ends;
    for (int i = std::max(0, int(middle - 0.3 * c.radius)); i < std::min<double>(lines, middle + 0.3 * c.radius); ++i) {
      const auto lit = [&](int k) { return (across ? on.ptr(i)[k] : on.ptr(k)[i]) != 0; };
      int k = far ? length - 1 : 0;
      while (k >= 0 && k < length && !lit(k)) k += far ? -1 : 1;
      ends.push_back(float(far ? k + 1 : k));
    }
    if (ends.size() < 8) continue;
    const float end = quantile(ends, 0.5);
    const auto flat = std::count_if(ends.begin(), ends.end(), [end](float e) { return std::abs(e - end) <= 1.5f; });
    const double expected = std::clamp(along + (far ? c.radius : -c.radius), 0.0, double(length));
    const double missing = far ? expected - end : end - expected;
    if (missing > 0.02 * c.radius + 2 && double(flat) > 0.8 * double(ends.size())) edge[side] = end;
  }
  return edge;
}

int refine_cut(const background_distance& distance, const circle& c, bool vertical, bool from_end, double at,
               double reach) {
  const double out = at + (from_end ? reach : -reach), in = at - (from_end ? reach : -reach);
  std::vector<double> found;
  for (int i = -32; i <= 32; ++i) {
    const double other = (vertical ? c.centre.y : c.centre.x) + i * c.radius / 96;
    const auto rise =
        vertical ? find_rise(distance, {out, other}, {in, other}) : find_rise(distance, {other, out}, {other, in});
    if (rise) found.push_back(vertical ? rise->x : rise->y);
  }
  if (found.size() < 8) return int(std::lround(at));
  const auto middle = found.begin() + std::ptrdiff_t(found.size() / 2);
  std::nth_element(found.begin(), middle, found.end());
  return int(std::lround(*middle));
}

}  // namespace medvision
