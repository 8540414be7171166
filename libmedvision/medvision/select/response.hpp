// SPDX-License-Identifier: Apache-2.0
// The channels of a map made one response, in which regions are looked for.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace medvision {

/// minmax: each channel as (v - min) / (max - min), in 32 bit. none: as it is.
enum class normalization { minmax, none };

/// What minmax makes of a channel whose cells are all equal. zero: zeros, so that the others decide, and values that
/// are not finite are refused. nan: 0/0, which makes the whole response NaN, as published code does it.
enum class zero_range { zero, nan };

/// How channels become one: their sum, or the largest of them at each cell.
enum class combination { sum, max };

struct response_parameters {
  std::vector<int> channels;  ///< of the map, in this order; empty: all
  normalization normalize = normalization::minmax;
  zero_range flat = zero_range::zero;
  combination combine = combination::sum;
};

struct response {
  cv::Mat values;         ///< H×W 32F
  cv::Mat channel;        ///< H×W 32S: which channel is the largest; of equal ones the first. Empty for sums
  std::vector<int> flat;  ///< channels whose cells are all equal
};

/// map: C×H×W 32F. throws: E_SHAPE (also a channel that is not there), E_NONFINITE (unless zero_range::nan).
/// source: Shen et al., GMIC, Med. Image Anal. 68, 2021. differs: zero_range::zero.
response combine_channels(const cv::Mat& map, const response_parameters& p);

/// Channels by their classes' names, in the order asked for. count: channels of the map. Throws E_CLASS naming those
/// there are.
std::vector<int> channels_named(const std::vector<std::string>& classes, int count,
                                const std::vector<std::string>& names);

/// By their names. Throw E_OPTION (blame request) for another word.
normalization normalization_named(std::string_view word);
zero_range zero_range_named(std::string_view word);

}  // namespace medvision
