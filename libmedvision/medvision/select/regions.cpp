// SPDX-License-Identifier: Apache-2.0
#include "medvision/select/regions.hpp"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/select/greedy.hpp"
#include "medvision/select/window.hpp"

namespace medvision {

region_finding find_regions(const cv::Mat& map, const std::vector<std::string>& classes, const frame& map_to_picture,
                            const cv::Mat& inside, const region_parameters& p) {
  response_parameters how = p.response;
  how.channels = channels_named(classes, map.dims == 3 ? map.size[0] : 0, p.classes);
  const response found = combine_channels(map, how);
  const cv::Size grid = found.values.size();
  cv::Mat values = found.values;
  if (!inside.empty()) {
    if (inside.size() != grid || inside.type() != CV_8U)
      throw error("E_SHAPE",
                  fmt::format("a mask of {}x{} for a map of {}x{}", inside.cols, inside.rows, grid.width, grid.height));
    values.setTo(0, inside == 0);
  }
  const pick_parameters pick{window_in_cells(p.window, grid, map_to_picture), p.count, p.stop};
  const bool peaks = p.rule == region_rule::peak;
  const int only = map.size[0] == 1 ? 0 : how.channels.size() == 1 ? how.channels[0] : -1;
  region_finding out{{}, !found.flat.empty() && how.normalize == normalization::minmax};
  for (const medvision::pick& one : peaks ? pick_peaks(values, pick) : pick_windows(values, pick)) {
    region r{window_in_picture(one.cells, grid, map_to_picture, p.window), std::nullopt, {}, one.repeat};
    if (!std::isnan(one.score)) r.score = one.score;
    const int channel = peaks && only < 0 && !found.channel.empty() ? found.channel.at<int>(one.peak) : only;
    if (channel >= 0 && channel < std::ssize(classes)) r.class_name = classes[std::size_t(channel)];
    out.regions.push_back(r);
  }
  return out;
}

void apply_words(region_parameters& p, std::string_view rule, const std::vector<std::string>& classes,
                 std::string_view normalize, std::string_view flat) {
  if (rule != "window-sum" && rule != "peak")
    throw error("E_OPTION", fmt::format("'{}' is no rule for regions: window-sum or peak", rule), blame::request);
  const bool peaks = rule == "peak";
  const std::string word = classes.size() == 1 ? classes[0] : "";
  const bool all = word == "sum" || word == "max";
  p.rule = peaks ? region_rule::peak : region_rule::window_sum;
  p.classes = all ? std::vector<std::string>{} : classes;
  p.response.combine = (all ? word == "max" : peaks) ? combination::max : combination::sum;
  p.response.normalize = normalization_named(!normalize.empty() ? normalize : peaks ? "none" : "minmax");
  p.response.flat = zero_range_named(flat);
}

}  // namespace medvision
