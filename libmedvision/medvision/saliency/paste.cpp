// SPDX-License-Identifier: Apache-2.0
#include "medvision/saliency/paste.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

/// One channel of C×H×W, its own pixels; nothing is copied.
cv::Mat channel_of(const cv::Mat& map, int channel) {
  return {map.size[1], map.size[2], CV_32F, const_cast<uchar*>(map.ptr(channel)), map.step[1]};
}

void check(const cv::Mat& map, int channels) {
  if (map.dims != 3 || map.type() != CV_32F || map.empty() || map.size[0] != channels)
    throw error("E_SHAPE",
                fmt::format("the map of a region is {} axes of {} with {} channels, expected {} x rows x "
                            "columns of 32F",
                            map.dims, cv::typeToString(map.type()), map.dims == 3 ? map.size[0] : 0, channels));
}

}  // namespace

cv::Mat paste_maps(const cv::Mat& map, const frame& map_to_source, const std::vector<region_map>& regions,
                   cv::Size size, const frame& picture_to_source, uncovered outside, const upsample_parameters& how) {
  const int channels = map.dims == 3 ? map.size[0] : 0;
  check(map, std::max(channels, 1));
  for (const region_map& r : regions) check(r.cells, channels);
  const int shape[] = {channels, size.height, size.width};
  cv::Mat out(3, shape, CV_32F);
  const frame to_picture = invert(picture_to_source);
  for (int c = 0; c < channels; ++c) {
    const cv::Mat whole = place_map(channel_of(map, c), map_to_source, size, picture_to_source, how);
    cv::Mat made = channel_of(out, c);
    whole.convertTo(made, CV_32F, outside == uncovered::half ? 0.5 : 1);
    for (const region_map& r : regions) {
      const cv::Rect2d cells(0, 0, r.cells.size[2], r.cells.size[1]);
      const cv::Rect box = clip(round_corners(map_box(compose(to_picture, r.to_source), cells)), size);
      if (box.empty()) continue;
      const cv::Mat patch = place_map(channel_of(r.cells, c), r.to_source, box.size(),
                                      compose(picture_to_source, crop_frame(box.x, box.y)), how);
      cv::Mat there = made(box);
      cv::addWeighted(whole(box), 0.5, patch, 0.5, 0, there);
    }
  }
  return out;
}

uncovered uncovered_named(std::string_view word) {
  if (word == "half") return uncovered::half;
  if (word == "keep") return uncovered::keep;
  throw error("E_OPTION", fmt::format("'{}' is neither half nor keep", word), blame::request);
}

}  // namespace medvision
