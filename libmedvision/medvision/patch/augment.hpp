// SPDX-License-Identifier: Apache-2.0
// What might this picture have looked like as well? Variants that are turned, mirrored, moved, cut, bent and toned by
// chance: each a function of (seed, stream, index) alone, whatever else is asked for.
#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "medvision/geometry/frame.hpp"
#include "medvision/patch/elastic.hpp"
#include "medvision/patch/grid.hpp"

namespace medvision {

struct augment_parameters {
  std::vector<int> quarter_turns;          ///< clockwise; one of them is drawn; none: not turned
  bool left_right = false;                 ///< mirrored so, or not: one half each
  bool top_bottom = false;                 ///< the same, drawn by itself
  double translate = 0;                    ///< farthest shift along each axis, pixels or share of its side, 0 or more
  bool translate_is_share = false;         ///< of the side it goes along, to 1
  cv::Size crop{0, 0};                     ///< a part of this size, anywhere; 0x0: all
  elastic_parameters elastic;              ///< bent after all of these
  std::array<double, 2> contrast{1, 1};    ///< factor, lowest and highest, 0 to 100
  std::array<double, 2> saturation{1, 1};  ///< the same
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;  ///< of the record: FNV-1a-64 of its id

  [[nodiscard]] augment_parameters of(std::uint64_t record) const {
    augment_parameters p = *this;
    p.stream = record;
    return p;
  }
};

/// What was drawn, in the order it is done: turned, mirrored, shifted and cut as one box of the turned and mirrored
/// picture (it may run outside), bent, toned (enhance/tone.hpp).
struct variant {
  cv::Size picture;  ///< before all of it, pixels
  int quarter_turns = 0;
  bool left_right = false, top_bottom = false;
  cv::Rect box;
  displacement_grid bent;
  double contrast = 1, saturation = 1;

  /// From pixels of the variant to those of the picture, exact: whole shifts, flips and quarter turns. Of one that is
  /// bent, from its pixels before that.
  [[nodiscard]] frame step() const;
};

/// Throws E_OPTION (request) for parameters that suit no picture.
void check_augment(const augment_parameters& p);

/// Variant `index`, 0 or more, of a picture of size `picture`. Shifts are whole pixels, evenly from -translate to
/// translate; factors are drawn evenly. throws: as check_augment; E_SHAPE (empty; smaller, as turned, than the crop).
variant draw_variant(cv::Size picture, const augment_parameters& p, int index);

/// The pixels of the variant, toned by nothing yet: copies of the picture's where it is not bent.
/// image: H×W of the picture's size, any depth and channels (bent: 8U, 16U, 32F). outside: zero, edge or reflect.
/// labels: values are taken from the nearest pixel, so that a mask keeps its values.
/// returns: H×W of v.box's size and the image's type. throws: E_SHAPE for another size, and as bend and cut_patch.
cv::Mat make_variant(const cv::Mat& image, const variant& v, border outside, bool labels = false);

/// Boxes of the picture, cut at the edge of the variant: exact, or, where it is bent, the smallest of whole pixels
/// around what was in them. returns: as many, an empty one (no area) where nothing is left.
std::vector<cv::Rect2d> move_boxes(const std::vector<cv::Rect2d>& boxes, const variant& v);

}  // namespace medvision
