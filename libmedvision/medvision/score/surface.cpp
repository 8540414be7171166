// SPDX-License-Identifier: Apache-2.0
// Outlines, cut to the box of both masks, and the statistics of their distances.
#include "medvision/score/surface.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/score/shape_check.hpp"

namespace medvision {
namespace {

/// The distances of one direction, and what is asked of them.
struct directed {
  std::vector<double> distances;

  directed(const pixel_rows& from, const pixel_rows& to, const pixel_steps& steps)
      : distances(nearest_squared(from, to, steps)) {
    for (double& d : distances) d = std::sqrt(d);
  }
  [[nodiscard]] double sum() const { return std::accumulate(distances.begin(), distances.end(), 0.0); }
  [[nodiscard]] double most() const { return *std::max_element(distances.begin(), distances.end()); }
  [[nodiscard]] std::ptrdiff_t within(double t) const {
    return std::count_if(distances.begin(), distances.end(), [t](double d) { return d <= t; });
  }
};

std::string named(const char* name, const std::string& unit) { return fmt::format("{}_{}", name, unit); }
std::string nsd_name(double tolerance, const std::string& unit) { return fmt::format("nsd_{}{}", tolerance, unit); }

measures without_distances(bool no_prediction, bool no_truth, double diagonal, const surface_parameters& p) {
  const std::string why = no_prediction && no_truth ? "both masks are empty"
                          : no_truth                ? "the truth is empty"
                                                    : "the prediction is empty";
  const bool one = no_prediction != no_truth;
  measures out;
  for (const char* name : {"hd", "hd95", "hd95_pooled", "hd95_worst", "assd", "masd"})
    out.push_back({named(name, p.unit), std::nullopt, why});
  if (one) out[3] = {named("hd95_worst", p.unit), diagonal, {}};
  for (const double t : p.tolerances)
    out.push_back(one ? measure{nsd_name(t, p.unit), 0.0, {}} : measure{nsd_name(t, p.unit), std::nullopt, why});
  return out;
}

}  // namespace

cv::Mat find_surface(const cv::Mat& mask) {
  if (mask.dims != 2 || mask.type() != CV_8U)
    throw error("E_SHAPE", fmt::format("the surface of a mask of 8 bit is found; met {} with {} axes",
                                       cv::typeToString(mask.type()), mask.dims));
  cv::Mat surface(mask.size(), CV_8U);
  const int width = mask.cols;
  const std::vector<uchar> beyond(width, 0);
  for (int y = 0; y < mask.rows; ++y) {
    const uchar *m = mask.ptr(y), *up = y ? mask.ptr(y - 1) : beyond.data();
    const uchar* down = y + 1 < mask.rows ? mask.ptr(y + 1) : beyond.data();
    uchar* s = surface.ptr(y);
    const auto mark = [&](int x, bool left, bool right) {
      s[x] = m[x] && !(up[x] && down[x] && left && right) ? 255 : 0;
    };
    if (width == 0) continue;
    mark(0, false, width > 1 && m[1]);
    for (int x = 1; x < width - 1; ++x) {
      const bool all = (up[x] != 0) & (down[x] != 0) & (m[x - 1] != 0) & (m[x + 1] != 0);
      s[x] = uchar(-int((m[x] != 0) & !all));
    }
    if (width > 1) mark(width - 1, m[width - 2], false);
  }
  return surface;
}

double quantile(std::vector<double>& values, double q) {
  const double rank = q * double(values.size() - 1);
  const auto low = std::size_t(rank);
  const auto at = values.begin() + std::ptrdiff_t(low);
  std::nth_element(values.begin(), at, values.end());
  if (low + 1 >= values.size()) return *at;
  const double next = *std::min_element(at + 1, values.end());
  return *at + (next - *at) * (rank - double(low));
}

measures surface_scores(const cv::Mat& predicted, const cv::Mat& truth, const surface_parameters& p) {
  check_masks(predicted, truth);
  const cv::Rect box_a = cv::boundingRect(predicted), box_b = cv::boundingRect(truth);
  const bool no_prediction = box_a.empty(), no_truth = box_b.empty();
  if (no_prediction || no_truth)
    return without_distances(no_prediction, no_truth,
                             std::hypot(predicted.rows * p.steps.row, predicted.cols * p.steps.column), p);
  const cv::Rect box = box_a | box_b;
  const pixel_rows a = list_pixels(find_surface(predicted(box))), b = list_pixels(find_surface(truth(box)));
  directed there(a, b, p.steps), back(b, a, p.steps);
  const double n = double(there.distances.size()), m = double(back.distances.size());
  const double sum_there = there.sum(), sum_back = back.sum();
  measures tolerated;
  for (const double t : p.tolerances)
    tolerated.push_back({nsd_name(t, p.unit), double(there.within(t) + back.within(t)) / (n + m), {}});
  std::vector<double> pooled = there.distances;
  pooled.insert(pooled.end(), back.distances.begin(), back.distances.end());
  const double hd = std::max(there.most(), back.most());
  const double hd95 = std::max(quantile(there.distances, 0.95), quantile(back.distances, 0.95));
  measures out{{named("hd", p.unit), hd, {}},
               {named("hd95", p.unit), hd95, {}},
               {named("hd95_pooled", p.unit), quantile(pooled, 0.95), {}},
               {named("hd95_worst", p.unit), hd95, {}},
               {named("assd", p.unit), (sum_there + sum_back) / (n + m), {}},
               {named("masd", p.unit), (sum_there / n + sum_back / m) / 2, {}}};
  out.insert(out.end(), tolerated.begin(), tolerated.end());
  return out;
}

}  // namespace medvision
