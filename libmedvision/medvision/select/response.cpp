// SPDX-License-Identifier: Apache-2.0
#include "medvision/select/response.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

struct range {
  float low = std::numeric_limits<float>::infinity(), high = -low;
  bool finite = true;
};

range range_of(const cv::Mat& map, int channel) {
  range r;
  for (int y = 0; y < map.size[1]; ++y)
    for (int x = 0; x < map.size[2]; ++x) {
      const float v = map.ptr<float>(channel, y)[x];
      r.low = std::min(r.low, v), r.high = std::max(r.high, v);
      r.finite = r.finite && std::isfinite(v);
    }
  return r;
}

/// One channel, normalised. Every step in 32 bit, so that ties are where they are in published results.
cv::Mat normalized(const cv::Mat& map, int channel, const response_parameters& p, std::vector<int>& flat) {
  const range r = range_of(map, channel);
  if (!r.finite && p.flat == zero_range::zero)
    throw error("E_NONFINITE", fmt::format("channel {} of the map holds NaN or infinity", channel));
  cv::Mat out(map.size[1], map.size[2], CV_32F);
  if (r.finite && r.low == r.high) flat.push_back(channel);
  const bool to_zero = r.low == r.high && p.flat == zero_range::zero && p.normalize == normalization::minmax;
  const float nan = std::numeric_limits<float>::quiet_NaN(), span = r.high - r.low;
  for (int y = 0; y < out.rows; ++y) {
    const float* v = map.ptr<float>(channel, y);
    float* to = out.ptr<float>(y);
    for (int x = 0; x < out.cols; ++x)
      to[x] = p.normalize == normalization::none ? v[x] : to_zero ? 0 : r.finite ? (v[x] - r.low) / span : nan;
  }
  return out;
}

}  // namespace

response combine_channels(const cv::Mat& map, const response_parameters& p) {
  if (map.dims != 3 || map.type() != CV_32F || map.empty())
    throw error("E_SHAPE", fmt::format("a map is channels x rows x columns of 32F; met {} axes of {}", map.dims,
                                       cv::typeToString(map.type())));
  std::vector<int> channels = p.channels;
  if (channels.empty()) channels.resize(std::size_t(map.size[0])), std::iota(channels.begin(), channels.end(), 0);
  response r;
  for (const int c : channels) {
    if (c < 0 || c >= map.size[0])
      throw error("E_SHAPE", fmt::format("channel {} of a map of {} channels", c, map.size[0]));
    const cv::Mat one = normalized(map, c, p, r.flat);
    const bool first = r.values.empty();
    if (p.combine == combination::sum) {
      r.values = first ? one : cv::Mat(r.values + one);
    } else if (first) {
      r.values = one;
      r.channel = cv::Mat(one.size(), CV_32S, cv::Scalar(c));
    } else {
      const cv::Mat higher = one > r.values;
      one.copyTo(r.values, higher);
      r.channel.setTo(c, higher);
    }
  }
  return r;
}

std::vector<int> channels_named(const std::vector<std::string>& classes, int count,
                                const std::vector<std::string>& names) {
  std::vector<int> channels;
  for (const std::string& name : names) {
    const auto at = std::find(classes.begin(), classes.end(), name) - classes.begin();
    if (at >= std::min<std::ptrdiff_t>(count, std::ssize(classes)))
      throw error("E_CLASS", fmt::format("'{}' is not one of the {} channels of the map: {}", name, count,
                                         fmt::join(classes, ", ")));
    channels.push_back(int(at));
  }
  return channels;
}

normalization normalization_named(std::string_view word) {
  if (word == "minmax") return normalization::minmax;
  if (word == "none") return normalization::none;
  throw error("E_OPTION", fmt::format("'{}' is no normalisation: minmax or none", word), blame::request);
}

zero_range zero_range_named(std::string_view word) {
  if (word == "zero") return zero_range::zero;
  if (word == "nan") return zero_range::nan;
  throw error("E_OPTION", fmt::format("'{}' is no rule for a zero range: zero or nan", word), blame::request);
}

}  // namespace medvision
