// SPDX-License-Identifier: Apache-2.0
// What is on a scanned film? The breast, the film around it, and the strips that the scanner left beside the film.
#pragma once

#include <opencv2/core/mat.hpp>

#include "medvision/crop/dark_film.hpp"
#include "medvision/crop/field_box.hpp"

namespace medvision {

struct film_parameters {
  int reduced_side = 1024;  ///< all is sought on a copy whose longer side is at most this, pixels, 64 to 4096
  double parting = 0.012;   ///< tissue is eroded by this share of the longer side to part tape from it, 0 to 0.1
  /// skin and nipple, fainter than text; that they hang together makes up for the noise
  dark_film_parameters faint{.least_contrast = 0.01, .least_noise = 4};
  double skin = 0.06;         ///< what stands out and touches tissue is skin up to here, share of the side, 0 to 0.3
  double least_light = 0.04;  ///< tissue is brighter than the dark by this share of the film's range at least, 0 to 1
};

/// A film's parts, in pixels of its reduced copy.
struct film_parts {
  cv::Mat grey;           ///< h×w, the copy, one channel, depth of the picture
  cv::Mat breast;         ///< h×w 8U, 255 inside
  cv::Mat labels;         ///< h×w 8U, 255 in bright stickers (find_labels)
  cv::Mat white;          ///< h×w 8U, 255 in white strips
  cv::Rect inner;         ///< the film without strips, as if there were no breast in the way
  double background = 0;  ///< the middle value of dark film
  double range = 0;       ///< from there to the brightest hundredth
  double light = 0;       ///< values from here on are tissue, or something else that is no dark film
  int borders = 0;        ///< strips found
};

/// image: as grey_of, each side at least 16. known: a mask of the breast, H×W 8U, or empty: it is found.
/// throws: as grey_of; E_NO_TISSUE where no breast or no dark film is to be seen; E_SHAPE for a mask of another size.
/// source: strips by their straight edges (film_border), stickers by their shape (label), and of what else is brighter
/// than dark film (dark_level) the largest piece, its holes filled (find_breast), with the skin and nipple that stand
/// out of the film beside it (find_contrasts).
film_parts find_film(const cv::Mat& image, const cv::Mat& known = {}, const film_parameters& p = {});

/// What is kept of a film.
struct film_cut {
  cv::Rect kept;    ///< pixels of the picture: the film without strips, and the whole breast, padded
  cv::Rect breast;  ///< box of the breast, pixels of the picture
  cv::Mat mask;     ///< of `kept`, 8U, 255 in the breast; empty where the breast was known
  int borders = 0;  ///< strips found
};

/// image, known: as find_film. pad: kept around it as far as the picture goes. throws: as find_film.
film_cut plan_film_cut(const cv::Mat& image, const cv::Mat& known, const padding& pad);

/// A box of the reduced copy in pixels of the picture: all pixels that its own are made of.
cv::Rect enlarged(const cv::Rect& box, cv::Size reduced, cv::Size size);

/// A mask of the reduced copy (8U, 0 or 255) in pixels of the picture.
cv::Mat enlarged(const cv::Mat& mask, cv::Size size);

}  // namespace medvision
