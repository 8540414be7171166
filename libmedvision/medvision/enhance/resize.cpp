// SPDX-License-Identifier: Apache-2.0
// Plans of a resize and their execution by OpenCV.
#include "medvision/enhance/resize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

int whole(double side) { return std::max(1, int(std::nearbyint(side))); }

/// The middle part of `from` with the shape of `to`.
cv::Rect middle(cv::Size from, cv::Size to) {
  const double scale = std::min(double(from.width) / to.width, double(from.height) / to.height);
  const int width = std::min(from.width, whole(to.width * scale));
  const int height = std::min(from.height, whole(to.height * scale));
  return {(from.width - width) / 2, (from.height - height) / 2, width, height};
}

int opencv_flag(interpolation how, cv::Size from, cv::Size to) {
  switch (how) {
    case interpolation::nearest:
      return cv::INTER_NEAREST_EXACT;
    case interpolation::linear:
      return cv::INTER_LINEAR;
    case interpolation::area:
      return cv::INTER_AREA;
    case interpolation::cubic:
      return cv::INTER_CUBIC;
    case interpolation::automatic:
      break;
  }
  return to.width <= from.width && to.height <= from.height ? cv::INTER_AREA : cv::INTER_LINEAR;
}

}  // namespace

resize_fit fit_named(std::string_view name) {
  if (name == "fit") return resize_fit::fit;
  if (name == "fill") return resize_fit::fill;
  if (name == "stretch") return resize_fit::stretch;
  throw error("E_OPTION", fmt::format("\"{}\" is none of fit, fill, stretch", name), blame::request);
}

interpolation interpolation_named(std::string_view name) {
  if (name == "nearest") return interpolation::nearest;
  if (name == "linear") return interpolation::linear;
  if (name == "area") return interpolation::area;
  if (name == "cubic") return interpolation::cubic;
  if (name == "auto") return interpolation::automatic;
  throw error("E_OPTION", fmt::format("\"{}\" is none of nearest, linear, area, cubic, auto", name), blame::request);
}

resize_plan plan_resize(cv::Size from, cv::Size to, resize_fit fit, std::int64_t max_pixels) {
  if (from.width < 1 || from.height < 1) throw error("E_SHAPE", "an empty picture cannot be resized");
  if (to.width < 1 || to.height < 1 || to.width > 65535 || to.height > 65535)
    throw error("E_OPTION", fmt::format("size {}x{}: sides of 1 to 65535 are taken", to.width, to.height),
                blame::request);
  resize_plan plan{{0, 0, from.width, from.height}, to, {}};
  if (fit == resize_fit::fit) {
    const double scale = std::min(double(to.width) / from.width, double(to.height) / from.height);
    plan.size = {std::min(to.width, whole(from.width * scale)), std::min(to.height, whole(from.height * scale))};
  } else if (fit == resize_fit::fill) {
    plan.cut = middle(from, to);
  }
  if (std::int64_t(plan.size.width) * plan.size.height > max_pixels)
    throw error("E_OPTION",
                fmt::format("{}x{} are more than {} pixels; --max-pixels raises the limit", plan.size.width,
                            plan.size.height, max_pixels),
                blame::request);
  plan.step = compose(crop_frame(plan.cut.x, plan.cut.y), resize_frame(plan.cut.size(), plan.size));
  return plan;
}

cv::Mat resize(const cv::Mat& image, const resize_plan& plan, interpolation how) {
  if (image.empty() || (plan.cut & cv::Rect({}, image.size())) != plan.cut)
    throw error("E_SHAPE", fmt::format("the plan cuts {}x{} at ({}, {}), the picture is {}x{}", plan.cut.width,
                                       plan.cut.height, plan.cut.x, plan.cut.y, image.cols, image.rows));
  const cv::Mat part = image(plan.cut);
  if (plan.size == plan.cut.size()) return part;
  cv::Mat out;
  cv::resize(part, out, plan.size, 0, 0, opencv_flag(how, plan.cut.size(), plan.size));
  return out;
}

}  // namespace medvision
