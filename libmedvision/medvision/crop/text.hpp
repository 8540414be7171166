// SPDX-License-Identifier: Apache-2.0
// What on a film is neither breast nor dark film? Labels, stickers, tape, stains, and white beside the film; and the
// film without them.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "medvision/crop/dark_film.hpp"
#include "medvision/crop/film.hpp"

namespace medvision {

struct text_parameters {
  double margin = 0.006;       ///< around the breast only stickers are erased, share of the longer side, 0 to 0.1
  dark_film_parameters dark;   ///< of text, tape and stains
  double dim = 0.2;            ///< what touches the breast and is less than this above the dark is skin; of the range
  int least_area = 12;         ///< fewer pixels of the reduced copy are dust, and stay
  std::optional<double> fill;  ///< value put in its place; none: the middle value of what lies around it
};

/// Something on the film that is not of the body.
struct film_text {
  cv::Rect box;     ///< pixels of the picture
  cv::Mat mask;     ///< of the box, 8U, 255 where it is to be erased
  double fill = 0;  ///< the value that takes its place
};

/// image: as find_film. body: H×W 8U, nonzero in the body part where that is known; empty: the breast is found.
/// returns: what is to be erased, in raster order of its first pixel, never in the body; empty where there is nothing.
/// throws: as find_film; E_SHAPE for a body of another size.
/// source: stickers by find_labels, white strips by find_film_borders; text, tape and stains by find_contrasts, those
/// near each other joined.
/// differs: dim things that touch the breast are taken for its skin or nipple, and stay;
/// what is wider than `dark.widest` and no sticker is film that was exposed less, and stays.
std::vector<film_text> find_texts(const cv::Mat& image, const cv::Mat& body, const text_parameters& p = {});

/// The picture with each of them in its fill value; the rest of it stays as it is. image: as find_texts.
cv::Mat erase_texts(const cv::Mat& image, const std::vector<film_text>& texts);

/// "background" (none) or a number from 0 to 65535. Throws E_OPTION (request) for anything else.
std::optional<double> fill_named(std::string_view text);

}  // namespace medvision
