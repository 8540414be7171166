// SPDX-License-Identifier: Apache-2.0
// Offsets along each axis, and pixels by a table of source rows and columns.
#include "medvision/patch/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

/// Offsets needed along one axis, before any is made.
std::int64_t axis_count(int length, int size, int stride) {
  if (length <= size) return 1;
  return (std::int64_t(length) - size + stride - 1) / stride + 1;
}

std::vector<int> axis_offsets(int length, int size, int stride, grid_rule rule) {
  const std::int64_t count = axis_count(length, size, stride);
  std::vector<int> offsets(static_cast<std::size_t>(count), 0);
  if (rule == grid_rule::even && count > 1) {
    const std::int64_t steps = count - 1, surplus = steps * stride - (std::int64_t(length) - size);
    const std::int64_t step = stride - surplus / steps, shorter = surplus % steps;
    for (std::int64_t i = 1; i <= steps; ++i)
      offsets[std::size_t(i)] = offsets[std::size_t(i - 1)] + int(i <= shorter ? step - 1 : step);
    return offsets;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t regular = i * stride;
    offsets[std::size_t(i)] =
        int(rule == grid_rule::flush ? std::min<std::int64_t>(regular, std::max(0, length - size)) : regular);
  }
  return offsets;
}

cv::Size stride_of(const grid_parameters& p) { return p.stride == cv::Size() ? p.size : p.stride; }

/// For each pixel of a box along one axis the source pixel, or -1 where the value is 0.
std::vector<int> source_of(int start, int count, int length, border outside) {
  std::vector<int> from(static_cast<std::size_t>(count));
  const std::int64_t period = length > 1 ? 2 * (std::int64_t(length) - 1) : 1;
  for (int i = 0; i < count; ++i) {
    const std::int64_t at = std::int64_t(start) + i;
    std::int64_t source = at;
    if (at < 0 || at >= length) {
      if (outside == border::edge)
        source = at < 0 ? 0 : length - 1;
      else if (outside == border::reflect) {
        const std::int64_t phase = ((at % period) + period) % period;
        source = std::min(phase, period - phase);
        if (length == 1) source = 0;
      } else
        source = -1;
    }
    from[std::size_t(i)] = int(source);
  }
  return from;
}

cv::Mat cut_to_corner(const cv::Mat& image, const cv::Rect& box) {
  double lowest = 0;
  cv::minMaxLoc(image.reshape(1), &lowest, nullptr);
  cv::Mat patch(box.size(), image.type(), cv::Scalar::all(lowest));
  const cv::Rect seen = box & cv::Rect({}, image.size());
  if (!seen.empty())
    image(seen).copyTo(patch({box.width - seen.width, box.height - seen.height, seen.width, seen.height}));
  return patch;
}

}  // namespace

cv::Rect patch_grid::box(std::int64_t index) const {
  if (index < 0 || index >= count()) throw error("E_GRID", fmt::format("box {} of a grid of {}", index, count()));
  const auto across = std::int64_t(columns.size());
  return {{columns[std::size_t(index % across)], rows[std::size_t(index / across)]}, size};
}

cv::Size patch_grid::extent() const { return {columns.back() + size.width, rows.back() + size.height}; }

void check_grid(const grid_parameters& p) {
  const auto refuse = [](const std::string& sentence) { throw error("E_GRID", sentence, blame::request); };
  const cv::Size stride = stride_of(p);
  if (p.size.width <= 0 || p.size.height <= 0)
    refuse(fmt::format("the patch is {}x{} pixels, positive sizes are needed", p.size.width, p.size.height));
  if (stride.width <= 0 || stride.height <= 0)
    refuse(fmt::format("the stride is {}x{} pixels, at least 1x1 is needed", stride.width, stride.height));
  if (!p.gaps && (stride.width > p.size.width || stride.height > p.size.height))
    refuse(fmt::format("the stride {}x{} is larger than the patch {}x{}, which leaves pixels uncovered", stride.width,
                       stride.height, p.size.width, p.size.height));
}

patch_grid make_grid(cv::Size image, const grid_parameters& p) {
  check_grid(p);
  if (image.width <= 0 || image.height <= 0)
    throw error("E_GRID",
                fmt::format("a grid over {}x{} pixels, positive sizes are needed", image.width, image.height));
  const cv::Size stride = stride_of(p);
  const std::int64_t columns = axis_count(image.width, p.size.width, stride.width);
  const std::int64_t rows = axis_count(image.height, p.size.height, stride.height);
  if (columns > p.max_count || rows > p.max_count || columns * rows > p.max_count)
    throw error(
        "E_LIMIT",
        fmt::format("{} x {} patches of {}x{} at stride {}x{} over {}x{} pixels, at most {} are made", columns, rows,
                    p.size.width, p.size.height, stride.width, stride.height, image.width, image.height, p.max_count));
  return {axis_offsets(image.width, p.size.width, stride.width, p.rule),
          axis_offsets(image.height, p.size.height, stride.height, p.rule), p.size};
}

cv::Rect box_cut(cv::Size image, const cv::Rect& box, border outside) {
  if (outside != border::shift) return box;
  const auto inside = [](int start, int length, int whole) { return std::max(0, std::min(start, whole - length)); };
  return {inside(box.x, box.width, image.width), inside(box.y, box.height, image.height), box.width, box.height};
}

cv::Mat cut_patch(const cv::Mat& image, const cv::Rect& asked, border outside, std::int64_t max_pixels) {
  if (image.empty() || image.dims != 2 || asked.width <= 0 || asked.height <= 0)
    throw error("E_SHAPE", fmt::format("a patch of {}x{} from a picture of {}x{}, positive sizes are needed",
                                       asked.width, asked.height, image.cols, image.rows));
  if (std::int64_t(asked.width) * asked.height > max_pixels)
    throw error("E_TOO_LARGE",
                fmt::format("a patch of {}x{} pixels has more than the {} allowed; --max-pixels raises it", asked.width,
                            asked.height, max_pixels));
  const cv::Rect box = box_cut(image.size(), asked, outside);
  if ((box & cv::Rect({}, image.size())) == box) return image(box).clone();
  if (outside == border::minimum_corner) return cut_to_corner(image, box);

  const std::vector<int> columns = source_of(box.x, box.width, image.cols, outside);
  const std::vector<int> rows = source_of(box.y, box.height, image.rows, outside);
  const std::size_t pixel = image.elemSize();
  const int first = std::clamp(-box.x, 0, box.width), last = std::clamp(image.cols - box.x, first, box.width);
  cv::Mat patch = cv::Mat::zeros(box.size(), image.type());
  for (int y = 0; y < box.height; ++y) {
    if (rows[std::size_t(y)] < 0) continue;
    const uchar* from = image.ptr(rows[std::size_t(y)]);
    uchar* to = patch.ptr(y);
    const auto fill = [&](int begin, int end) {
      for (int x = begin; x < end; ++x)
        if (columns[std::size_t(x)] >= 0) std::memcpy(to + x * pixel, from + columns[std::size_t(x)] * pixel, pixel);
    };
    fill(0, first);
    if (last > first) std::memcpy(to + first * pixel, from + (box.x + first) * pixel, (last - first) * pixel);
    fill(last, box.width);
  }
  return patch;
}

frame patch_frame(cv::Size image, const cv::Rect& asked, border outside) {
  const cv::Rect box = box_cut(image, asked, outside);
  const cv::Rect seen = box & cv::Rect({}, image);
  if (outside != border::minimum_corner || seen.empty()) return crop_frame(box.x, box.y);
  return crop_frame(seen.br().x - box.width, seen.br().y - box.height);
}

grid_rule grid_rule_named(std::string_view word) {
  if (word == "pad") return grid_rule::pad;
  if (word == "flush") return grid_rule::flush;
  if (word == "even") return grid_rule::even;
  throw error("E_OPTION", fmt::format("'{}' is no grid rule: pad, flush or even", word), blame::request);
}

border border_named(std::string_view word) {
  if (word == "zero") return border::zero;
  if (word == "edge") return border::edge;
  if (word == "reflect") return border::reflect;
  if (word == "minimum-corner") return border::minimum_corner;
  if (word == "shift") return border::shift;
  throw error("E_OPTION", fmt::format("'{}' is no border: zero, edge, reflect, minimum-corner or shift", word),
              blame::request);
}

}  // namespace medvision
