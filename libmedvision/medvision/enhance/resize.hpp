// SPDX-License-Identifier: Apache-2.0
// A picture brought to a size: inside it, covering it, or stretched; and the frame that leads back.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string_view>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// fit: the largest size of the same shape within the one asked for. fill: that size exactly, the picture cut in the
/// middle where its shape differs. stretch: that size exactly, the shape changed.
enum class resize_fit { fit, fill, stretch };

/// automatic: area when both sides shrink or stay, linear otherwise.
enum class interpolation { nearest, linear, area, cubic, automatic };

/// By their names above; "auto" is automatic. Throw E_OPTION (blame request) for another word.
resize_fit fit_named(std::string_view name);
interpolation interpolation_named(std::string_view name);

/// What a resize will do: `cut` of the old picture becomes `size`; `step` leads from new pixels to old ones.
struct resize_plan {
  cv::Rect cut;
  cv::Size size;
  frame step;
};

/// Plans without touching a pixel. from: the old size. to: the size asked for, each side 1 to 65535.
/// Returns the plan; sides are rounded half to even and at least 1. Throws E_SHAPE when `from` is empty, E_OPTION
/// (blame request) for `to`, and for more than `max_pixels` pixels.
resize_plan plan_resize(cv::Size from, cv::Size to, resize_fit fit, std::int64_t max_pixels = std::int64_t{1} << 28);

/// Carries the plan out. image: H×W of the planned old size, 1 or 3 channels, 8U, 16U or 32F.
/// Returns plan.size, same type; the pixels of `image` themselves when nothing changes. Throws E_SHAPE.
/// Source: cv::resize, pixel centres at +0.5.
cv::Mat resize(const cv::Mat& image, const resize_plan& plan, interpolation how);

}  // namespace medvision
