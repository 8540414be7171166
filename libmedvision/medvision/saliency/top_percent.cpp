// SPDX-License-Identifier: Apache-2.0
#include "medvision/saliency/top_percent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {

std::vector<double> top_percent(const cv::Mat& map, double share) {
  if (map.dims != 3 || map.type() != CV_32F || map.empty())
    throw error("E_SHAPE", fmt::format("a map is channels x rows x columns of 32F; met {} axes of {}", map.dims,
                                       cv::typeToString(map.type())));
  const std::size_t cells = std::size_t(map.size[1]) * std::size_t(map.size[2]);
  const double count = std::nearbyint(double(cells) * share);
  if (!(share > 0 && share <= 1) || count < 1)
    throw error("E_SHARE", fmt::format("a share of {} of {} cells is {}: at least one cell and at most all are taken",
                                       share, cells, count));
  const auto k = std::ptrdiff_t(count);
  std::vector<double> means;
  for (int c = 0; c < map.size[0]; ++c) {
    std::vector<float> values;
    for (int y = 0; y < map.size[1]; ++y)
      values.insert(values.end(), map.ptr<float>(c, y), map.ptr<float>(c, y) + map.size[2]);
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
      throw error("E_NONFINITE", fmt::format("channel {} of the map holds NaN or infinity", c));
    std::nth_element(values.begin(), values.begin() + k - 1, values.end(), std::greater<>());
    std::sort(values.begin(), values.begin() + k);
    means.push_back(std::accumulate(values.begin(), values.begin() + k, 0.0) / count);
  }
  return means;
}

}  // namespace medvision
