// SPDX-License-Identifier: Apache-2.0
// Random patches that are the same whatever the order, the threads or the shards: each is a function of
// (seed, stream, index) alone.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "medvision/geometry/frame.hpp"
#include "medvision/patch/grid.hpp"

namespace medvision {

/// Number k of the stream (seed, stream, index), uniform over 64 bits: SplitMix64's finaliser over a counter. With
/// mix(z): z = (z ^ z>>30) * 0xBF58476D1CE4E5B9, z = (z ^ z>>27) * 0x94D049BB133111EB, z ^ z>>31, and
/// g = 0x9E3779B97F4A7C15, all mod 2^64: s = mix(seed + g), s = mix((s ^ stream) + g), s = mix((s ^ index) + g), and
/// the number is mix(s + (k + 1) * g).
/// source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014.
std::uint64_t draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t index, std::uint64_t k);

struct sample_parameters {
  cv::Size size{48, 48};  ///< of a patch, pixels, positive
  int count = 1;          ///< patches, at least 1
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;  ///< of the record: FNV-1a-64 of its id
  double min_inside = 0;     ///< 0 to 1: least share of a patch's pixels inside the mask

  [[nodiscard]] sample_parameters of(std::uint64_t record) const {
    sample_parameters p = *this;
    p.stream = record;
    return p;
  }
};

/// Places drawn uniformly, with replacement, from all where the patch lies inside the picture, its centre pixel
/// (size/2, rounded down) is inside the mask, and at least min_inside of its pixels are.
/// image: size, pixels. mask: H×W 8U of that size, nonzero inside; empty: all is inside.
/// returns: `count` boxes in pixels. Along an axis where the picture is smaller than the patch the box starts at 0.
/// throws: E_GRID (sizes, count, min_inside out of range), E_SHAPE (mask), E_NO_PLACE when there is no such place.
std::vector<cv::Rect> sample_boxes(cv::Size image, const cv::Mat& mask, const sample_parameters& p);

/// A mask brought to other pixels by their centres (nearest): the field of view on the current picture.
/// mask: H×W 8U with its frame to source. returns: `size` 8U, 0 where the mask says nothing.
cv::Mat place_mask(const cv::Mat& mask, const frame& mask_to_source, cv::Size size, const frame& image_to_source);

/// The same for values of any depth and channels, which are kept: a truth whose values mean classes or objects.
cv::Mat place_labels(const cv::Mat& labels, const frame& labels_to_source, cv::Size size, const frame& image_to_source);

/// The boxes of a grid with at least `min_inside` (0 to 1) of their pixels inside the mask, and at least one, in order;
/// all of them when the mask is empty. Pixels outside the picture count as not inside. Throws E_NO_PLACE when none is
/// left.
std::vector<cv::Rect> boxes_inside(const patch_grid& grid, const cv::Mat& mask, double min_inside);

/// Share of the box's pixels where the mask is not zero, 0 to 1; pixels outside the mask count as not inside.
double inside_share(const cv::Mat& mask, const cv::Rect& box);

}  // namespace medvision
