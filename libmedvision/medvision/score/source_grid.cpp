// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/source_grid.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {

cv::Rect covered_by(cv::Size size, const frame& to_source, cv::Size source) {
  return clip(round_corners(map_box(to_source, {0, 0, double(size.width), double(size.height)})), source);
}

cv::Mat place_on_source(const cv::Mat& cells, const frame& to_source, cv::Size source, const std::string& what,
                        const std::string& remedy) {
  if (!is_pixel_exact(to_source))
    throw error("E_FRAME", fmt::format("the cells of {} are no pixels of the source: their frame is {}, no shift or "
                                       "flip; {}",
                                       what, fmt::join(to_source.m, " "), remedy));
  if (to_source == frame{} && cells.size() == source) return cells;
  const cv::Rect place = round_corners(map_box(to_source, {0, 0, double(cells.cols), double(cells.rows)}));
  const cv::Rect seen = clip(place, source);
  if (seen.empty())
    throw error("E_SHAPE", fmt::format("{} lies at {},{} to {},{}, outside the {}x{} pixels of the truth", what,
                                       place.x, place.y, place.br().x, place.br().y, source.width, source.height));
  frame f = to_source;
  cv::Mat upright = cells;
  if (f.m[0] == 0) {
    cv::Mat turned;
    cv::transpose(upright, turned);
    upright = turned;
    f.m = {f.m[1], f.m[0], f.m[2], f.m[4], f.m[3], f.m[5]};
  }
  if (f.m[0] < 0 || f.m[4] < 0) {
    cv::Mat flipped;  // into pixels of its own: the cells are the caller's
    cv::flip(upright, flipped, f.m[4] > 0 ? 1 : f.m[0] > 0 ? 0 : -1);
    upright = flipped;
  }
  cv::Mat placed = cv::Mat::zeros(source, cells.type());
  upright(seen - place.tl()).copyTo(placed(seen));
  return placed;
}

}  // namespace medvision
