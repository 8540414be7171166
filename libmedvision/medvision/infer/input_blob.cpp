// SPDX-License-Identifier: Apache-2.0
// Picture to blob: resize in the picture's own depth, then values, then planes.
#include "medvision/infer/input_blob.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr double max_pixels = 1 << 28;

const char* depth_word(int depth) {
  return depth == CV_8U ? "u8" : depth == CV_16U ? "u16" : depth == CV_32F ? "f32" : "?";
}

void check(const cv::Mat& picture, const card_input& input) {
  if (picture.empty() || picture.dims != 2) throw error("E_SHAPE", "the picture has no pixels");
  const int channels = picture.channels();
  if (channels != input.channels)
    throw error("E_CHANNELS",
                fmt::format("the picture has {} channel{}, the model takes {} ({}): {}", channels,
                            channels == 1 ? "" : "s", input.channels, input.order,
                            input.channels == 1 ? "run med-clahe --gray first" : "give it the colour picture"));
  const std::string_view depth = depth_word(picture.depth());
  if (depth == "?")
    throw error("E_DEPTH", fmt::format("the picture's depth is {}, expected u8, u16 or f32", picture.depth()));
  if (!input.depth.empty() && depth != input.depth)
    throw error("E_DEPTH", fmt::format("the picture is {}, the model takes {}", depth, input.depth));
}

cv::Size fitted_size(cv::Size size, const card_input& input, const std::optional<cv::Rect2d>& field) {
  if (input.size.width > 0) return input.size;
  if (input.fov_width <= 0) return size;
  const double side = field ? std::max(field->width, field->height) : std::max(size.width, size.height);
  if (!(side > 0) || !std::isfinite(side))
    throw error("E_FOV", fmt::format("the field of view is {} pixels wide, expected more than 0", side));
  const double factor = input.fov_width / side;
  const auto scaled = [&](int length) { return std::max(1.0, std::nearbyint(length * factor)); };
  const double width = scaled(size.width), height = scaled(size.height);
  if (width * height > max_pixels)
    throw error("E_TOO_LARGE",
                fmt::format("with a field of view of {} pixels scaled to {} the picture becomes {}x{}, at "
                            "most {} pixels are made",
                            side, input.fov_width, width, height, max_pixels));
  return {static_cast<int>(width), static_cast<int>(height)};
}

cv::Mat resized(const cv::Mat& picture, cv::Size size) {
  if (picture.size() == size) return picture;
  const bool shrinks = static_cast<double>(size.width) * size.height < static_cast<double>(picture.cols) * picture.rows;
  cv::Mat out;
  cv::resize(picture, out, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return out;
}

/// (pixel * scale - mean) / std, a channel; one pass where all channels have the same numbers.
cv::Mat to_values(const cv::Mat& picture, const card_input& input) {
  const auto at = [](const std::vector<double>& list, int c) { return list[list.size() == 1 ? 0 : std::size_t(c)]; };
  cv::Mat values;
  if (input.channels == 1 || (input.mean.size() == 1 && input.std.size() == 1)) {
    picture.convertTo(values, CV_32F, input.scale / input.std[0], -input.mean[0] / input.std[0]);
    return values;
  }
  std::vector<cv::Mat> planes;
  cv::split(picture, planes);
  for (int c = 0; c < input.channels; ++c)
    planes[std::size_t(c)].convertTo(planes[std::size_t(c)], CV_32F, input.scale / at(input.std, c),
                                     -at(input.mean, c) / at(input.std, c));
  cv::merge(planes, values);
  return values;
}

/// In double: with a tiny deviation a product in float would leave rounding noise in a constant picture.
void standardize_values(cv::Mat& values) {
  cv::Scalar mean, deviation;
  cv::meanStdDev(values.reshape(1), mean, deviation);  // sums in double, population
  const double scale = 1 / std::max(deviation[0], 1e-5);
  for (int y = 0; y < values.rows; ++y) {
    float* row = values.ptr<float>(y);
    std::transform(row, row + values.cols * values.channels(), row,
                   [&](float v) { return static_cast<float>((v - mean[0]) * scale); });
  }
}

}  // namespace

fitted_picture fit_picture(const cv::Mat& picture, const card_input& input, const std::optional<cv::Rect2d>& field) {
  check(picture, input);
  const cv::Size size = fitted_size(picture.size(), input, field);
  const cv::Mat fitted = resized(picture, size);
  cv::Mat ordered;  // `fitted` may be the caller's own pixels
  if (input.order == "rgb")
    cv::cvtColor(fitted, ordered, cv::COLOR_BGR2RGB);
  else
    ordered = fitted;
  fitted_picture out{to_values(ordered, input), resize_frame(picture.size(), size)};
  if (input.standardize) standardize_values(out.values);
  return out;
}

fitted_picture fit_patch(const cv::Mat& patch, const card_input& input) {
  const cv::Size size = input.size.width > 0 ? input.size : patch.size();
  return {resized(patch, size), resize_frame(patch.size(), size)};
}

cv::Size next_multiple(cv::Size inner, int multiple) {
  const auto up = [&](int length) { return (length + multiple - 1) / multiple * multiple; };
  return {up(inner.width), up(inner.height)};
}

cv::Mat pad_picture(const cv::Mat& values, cv::Size outer, int margin, padding how) {
  const int right = outer.width - values.cols - margin, bottom = outer.height - values.rows - margin;
  if (margin < 0 || right < 0 || bottom < 0)
    throw error("E_SHAPE", fmt::format("{}x{} with a margin of {} does not fit into {}x{}", values.cols, values.rows,
                                       margin, outer.width, outer.height));
  if (margin == 0 && right == 0 && bottom == 0) return values;
  cv::Mat padded;
  cv::copyMakeBorder(values, padded, margin, bottom, margin, right,
                     how == padding::mirror ? cv::BORDER_REFLECT_101 : cv::BORDER_CONSTANT, cv::Scalar::all(0));
  return padded;
}

cv::Mat stack_blob(std::span<const cv::Mat> pictures) {
  if (pictures.empty()) throw error("E_SHAPE", "a blob of no picture");
  const cv::Mat& first = pictures.front();
  const int channels = first.channels();
  const int shape[] = {static_cast<int>(pictures.size()), channels, first.rows, first.cols};
  if (pictures.size() == 1 && channels == 1 && first.isContinuous() && first.type() == CV_32F)
    return first.reshape(1, 4, shape);
  cv::Mat blob(4, shape, CV_32F);
  for (int n = 0; n < shape[0]; ++n) {
    const cv::Mat& picture = pictures[std::size_t(n)];
    if (picture.size() != first.size() || picture.type() != first.type() || picture.depth() != CV_32F)
      throw error("E_SHAPE", fmt::format("a batch of {}x{} and {}x{} pixels, expected one size and 32F", first.cols,
                                         first.rows, picture.cols, picture.rows));
    std::vector<cv::Mat> planes;
    for (int c = 0; c < channels; ++c) planes.emplace_back(first.rows, first.cols, CV_32F, blob.ptr<float>(n, c));
    cv::split(picture, planes);
  }
  return blob;
}

}  // namespace medvision
