// SPDX-License-Identifier: Apache-2.0
// A counter-based generator, and places drawn from all that are allowed.
#include "medvision/patch/sample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

void check(cv::Size image, const cv::Mat& mask, const sample_parameters& p) {
  if (image.width <= 0 || image.height <= 0 || p.size.width <= 0 || p.size.height <= 0)
    throw error("E_GRID", fmt::format("patches of {}x{} from {}x{} pixels, positive sizes are needed", p.size.width,
                                      p.size.height, image.width, image.height));
  if (p.count < 1) throw error("E_GRID", fmt::format("{} random patches, at least 1 is needed", p.count));
  if (!(p.min_inside >= 0 && p.min_inside <= 1))
    throw error("E_GRID", fmt::format("a least share inside of {}, 0 to 1 is needed", p.min_inside));
  if (!mask.empty() && (mask.size() != image || mask.type() != CV_8UC1))
    throw error("E_SHAPE", fmt::format("the mask is {}x{} (type {}), {}x{} of 8 bits and one channel is needed",
                                       mask.cols, mask.rows, mask.type(), image.width, image.height));
}

/// 255 at each top-left corner where a patch may lie.
cv::Mat allowed_corners(cv::Size image, const cv::Mat& mask, const sample_parameters& p) {
  const cv::Size places(std::max(1, image.width - p.size.width + 1), std::max(1, image.height - p.size.height + 1));
  cv::Mat allowed(places, CV_8U, cv::Scalar(255));
  if (mask.empty()) return allowed;
  cv::Mat inside, sum;
  cv::threshold(mask, inside, 0, 1, cv::THRESH_BINARY);
  if (p.min_inside > 0) cv::integral(inside, sum, CV_32S);
  const double least = p.min_inside * p.size.area();
  for (int y = 0; y < places.height; ++y)
    for (int x = 0; x < places.width; ++x) {
      const int cx = std::min(x + p.size.width / 2, image.width - 1);
      const int cy = std::min(y + p.size.height / 2, image.height - 1);
      bool well = inside.at<uchar>(cy, cx) != 0;
      if (well && p.min_inside > 0) {
        const int x1 = std::min(x + p.size.width, image.width), y1 = std::min(y + p.size.height, image.height);
        well = sum.at<int>(y1, x1) - sum.at<int>(y, x1) - sum.at<int>(y1, x) + sum.at<int>(y, x) >= least;
      }
      if (!well) allowed.at<uchar>(y, x) = 0;
    }
  return allowed;
}

/// What `values` hold at the centres of the pixels of a picture of `size`; 0 where they end.
template <class Copy>
cv::Mat place(const cv::Mat& values, const frame& to_values, cv::Size size, Copy copy) {
  cv::Mat placed = cv::Mat::zeros(size, values.type());
  const std::size_t bytes = values.elemSize();
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) {
      const cv::Point2d p = apply(to_values, {x + 0.5, y + 0.5});
      const double u = std::floor(p.x), v = std::floor(p.y);
      if (u >= 0 && v >= 0 && u < values.cols && v < values.rows)
        copy(values.ptr(int(v)) + bytes * std::size_t(u), placed.ptr(y) + bytes * std::size_t(x));
    }
  return placed;
}

}  // namespace

std::uint64_t draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t index, std::uint64_t k) {
  std::uint64_t s = mix(seed + golden);
  s = mix((s ^ stream) + golden);
  s = mix((s ^ index) + golden);
  return mix(s + (k + 1) * golden);
}

std::vector<cv::Rect> sample_boxes(cv::Size image, const cv::Mat& mask, const sample_parameters& p) {
  check(image, mask, p);
  const cv::Mat allowed = allowed_corners(image, mask, p);
  std::vector<std::int64_t> before{0};  // allowed places above each row, then in all
  for (int y = 0; y < allowed.rows; ++y) before.push_back(before.back() + cv::countNonZero(allowed.row(y)));
  if (before.back() == 0)
    throw error("E_NO_PLACE", fmt::format("no place for a {}x{} patch with its centre and {} of its pixels inside the "
                                          "mask",
                                          p.size.width, p.size.height, p.min_inside));
  std::vector<cv::Rect> boxes;
  for (int i = 0; i < p.count; ++i) {
    auto left = std::int64_t(draw(p.seed, p.stream, std::uint64_t(i), 0) % std::uint64_t(before.back()));
    const int y = int(std::upper_bound(before.begin(), before.end(), left) - before.begin()) - 1;
    left -= before[std::size_t(y)];
    int x = 0;
    for (const uchar* row = allowed.ptr(y);; ++x)
      if (row[x] != 0 && left-- == 0) break;
    boxes.emplace_back(cv::Point(x, y), p.size);
  }
  return boxes;
}

cv::Mat place_mask(const cv::Mat& mask, const frame& mask_to_source, cv::Size size, const frame& image_to_source) {
  if (mask.empty() || mask.type() != CV_8UC1 || size.width <= 0 || size.height <= 0)
    throw error("E_SHAPE", "a mask of 8 bits and one channel and a positive size are needed");
  return place(mask, compose(invert(mask_to_source), image_to_source), size,
               [](const uchar* from, uchar* to) { *to = *from; });
}

cv::Mat place_labels(const cv::Mat& labels, const frame& labels_to_source, cv::Size size,
                     const frame& image_to_source) {
  if (labels.empty() || size.width <= 0 || size.height <= 0)
    throw error("E_SHAPE", "labels that are not empty and a positive size are needed");
  const frame to_labels = compose(invert(labels_to_source), image_to_source);
  if (to_labels == frame{} && size == labels.size()) return labels.clone();
  const std::size_t bytes = labels.elemSize();
  return place(labels, to_labels, size, [bytes](const uchar* from, uchar* to) { std::memcpy(to, from, bytes); });
}

std::vector<cv::Rect> boxes_inside(const patch_grid& grid, const cv::Mat& mask, double min_inside) {
  std::vector<cv::Rect> kept;
  const auto is_inside = [&](double share) { return share > 0 && share >= min_inside; };
  for (std::int64_t i = 0; i < grid.count(); ++i)
    if (mask.empty() || is_inside(inside_share(mask, grid.box(i)))) kept.push_back(grid.box(i));
  if (kept.empty())
    throw error("E_NO_PLACE", fmt::format("none of {} patches has {} of its pixels inside the mask", grid.count(),
                                          min_inside > 0 ? fmt::format("a share of {}", min_inside) : "any"));
  return kept;
}

double inside_share(const cv::Mat& mask, const cv::Rect& box) {
  if (mask.empty() || mask.type() != CV_8UC1 || box.width <= 0 || box.height <= 0)
    throw error("E_SHAPE", "a mask of 8 bits and one channel and a box of positive size are needed");
  const cv::Rect seen = clip(box, mask.size());
  return seen.empty() ? 0 : double(cv::countNonZero(mask(seen))) / (double(box.width) * box.height);
}

}  // namespace medvision
