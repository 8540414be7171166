// SPDX-License-Identifier: Apache-2.0
// Names matched to channels and masks, and their unions.
#include "medvision/score/mask_classes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

bool has(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

int channel_of(const class_request& r, const std::string& name) {
  const auto at = std::find(r.channels.begin(), r.channels.end(), name);
  if (at == r.channels.end())
    throw error("E_CLASS", fmt::format("'{}' is not one of the {} channels of the map '{}': {}", name,
                                       r.channels.size(), r.map, fmt::join(r.channels, ", ")));
  return int(at - r.channels.begin());
}

std::string mask_of(const class_request& r, const std::string& name) {
  std::string wanted;
  for (const std::string& t : r.truths) {
    const std::size_t equals = t.find('=');
    if (equals == std::string::npos ? wanted.empty() : t.substr(0, equals) == name) wanted = t.substr(equals + 1);
  }
  const bool alone = r.channels.size() == 1;
  if (wanted.empty()) {
    wanted = has(r.masks, name)                                 ? name
             : alone && has(r.masks, r.map)                     ? r.map
             : alone && r.masks.size() == 1 && r.truths.empty() ? r.masks.front()
                                                                : name;
  }
  if (!has(r.masks, wanted))
    throw error("E_TRUTH", fmt::format("the record has no truth mask '{}'; it has {}", wanted,
                                       r.masks.empty() ? "none" : fmt::format("{}", fmt::join(r.masks, ", "))));
  return wanted;
}

mask_class region_of(const class_request& r, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw error("E_OPTION", fmt::format("--regions {}: NAME=CLASS+CLASS… is meant", text), blame::request);
  mask_class region{fmt::format("{}.{}", r.map, text.substr(0, equals)), {}, {}, {}};
  for (std::size_t at = equals + 1; at <= text.size();) {
    const std::size_t plus = std::min(text.find('+', at), text.size());
    region.names.push_back(text.substr(at, plus - at));
    region.channels.push_back(channel_of(r, region.names.back()));
    region.masks.push_back(mask_of(r, region.names.back()));
    at = plus + 1;
  }
  return region;
}

}  // namespace

std::vector<mask_class> find_classes(const class_request& request) {
  class_request r = request;
  if (int(r.channels.size()) != r.channel_count) {
    r.channels.clear();
    for (int i = 0; i < r.channel_count; ++i) r.channels.push_back(r.channel_count > 1 ? std::to_string(i) : r.map);
  }
  std::vector<mask_class> found;
  for (const std::string& name : r.classes.empty() ? r.channels : r.classes)
    found.push_back({r.channels.size() == 1 ? r.map : fmt::format("{}.{}", r.map, name),
                     {name},
                     {channel_of(r, name)},
                     {mask_of(r, name)}});
  for (const std::string& region : r.regions) found.push_back(region_of(r, region));
  return found;
}

cv::Mat largest_channel(const cv::Mat& cells, const std::vector<int>& channels) {
  if (cells.dims != 3 || cells.type() != CV_32F || channels.empty())
    throw error("E_SHAPE", fmt::format("a map has the shape channels x rows x columns, this one has {} axes and {} of "
                                       "its channels are asked for",
                                       cells.dims, channels.size()));
  cv::Mat largest;
  for (const int c : channels) {
    if (c < 0 || c >= cells.size[0])
      throw error("E_SHAPE", fmt::format("the map has {} channels, number {} is asked for", cells.size[0], c));
    const std::array<cv::Range, 3> one{cv::Range(c, c + 1), cv::Range::all(), cv::Range::all()};
    const cv::Mat channel = cells(one.data()).reshape(1, std::vector<int>{cells.size[1], cells.size[2]});
    if (largest.empty()) {
      largest = channels.size() > 1 ? channel.clone() : channel;
      continue;
    }
    for (int y = 0; y < largest.rows; ++y) {
      float* a = largest.ptr<float>(y);
      const float* b = channel.ptr<float>(y);
      for (int x = 0; x < largest.cols; ++x) a[x] = a[x] >= b[x] || a[x] != a[x] ? a[x] : b[x];
    }
  }
  return largest;
}

truth_mask join_truths(const std::vector<truth_mask>& masks) {
  truth_mask all{masks.at(0).positive.clone(), masks[0].ignored.clone()};
  for (std::size_t i = 1; i < masks.size(); ++i) {
    if (masks[i].positive.size() != all.positive.size())
      throw error("E_SHAPE",
                  fmt::format("the truth masks of a region differ in size: {}x{} and {}x{}", all.positive.cols,
                              all.positive.rows, masks[i].positive.cols, masks[i].positive.rows));
    all.positive |= masks[i].positive;
    if (all.ignored.empty())
      all.ignored = masks[i].ignored.clone();
    else if (!masks[i].ignored.empty())
      all.ignored |= masks[i].ignored;
  }
  if (!all.ignored.empty()) all.ignored.setTo(0, all.positive);
  return all;
}

}  // namespace medvision
