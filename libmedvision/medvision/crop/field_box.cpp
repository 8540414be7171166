// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/field_box.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {

padding padding_named(std::string_view text) {
  padding pad;
  const char *begin = text.data(), *end = begin + text.size();
  const auto [rest, problem] = std::from_chars(begin, end, pad.amount);
  pad.is_share = rest != end && *rest == '%';
  const bool whole = problem == std::errc{} && rest + (pad.is_share ? 1 : 0) == end;
  if (!whole || !(pad.amount >= 0 && pad.amount <= (pad.is_share ? 100 : 100'000)) ||
      (!pad.is_share && pad.amount != std::floor(pad.amount)))
    throw error("E_OPTION",
                fmt::format("--pad takes pixels, such as 20, up to 100000, or a share of the field's larger side, such "
                            "as 4%; met '{}'",
                            text),
                blame::request);
  if (pad.is_share) pad.amount /= 100;
  return pad;
}

cv::Rect padded_box(const cv::Rect& box, const padding& pad, cv::Size size) {
  const int by = cvRound(pad.is_share ? pad.amount * std::max(box.width, box.height) : pad.amount);
  return clip({box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by}, size);
}

cv::Rect field_box(const cv::Mat& mask, const frame& mask_to_source, cv::Size size, const frame& picture_to_source) {
  const cv::Rect inside = cv::boundingRect(mask);
  if (inside.empty()) throw error("E_NO_FOV", "the mask of the field of view is empty");
  const cv::Rect box = clip(round_corners(map_box(compose(invert(picture_to_source), mask_to_source), inside)), size);
  if (box.empty())
    throw error("E_NO_FOV",
                fmt::format("the field of view lies outside the picture of {}x{}", size.width, size.height));
  return box;
}

}  // namespace medvision
