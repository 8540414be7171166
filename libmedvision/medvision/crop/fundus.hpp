// SPDX-License-Identifier: Apache-2.0
// Where in a fundus photograph is the eye? The round field of view, on any background, also where the picture or the
// camera cuts it.
#pragma once

#include <opencv2/core/mat.hpp>

namespace medvision {

struct fundus_parameters {
  int reduced_side = 512;      ///< the search works on a copy whose longer side is this, pixels, 64 to 4096
  double least_support = 0.5;  ///< a circle needs this share of its visible rim on edges, 0 to 1
};

struct fundus_field {
  cv::Mat mask;           ///< H×W 8U, 255 inside, 0 outside
  cv::Rect box;           ///< smallest box around the mask, pixels
  cv::Point2d centre;     ///< of the circle, pixels (corner origin); of the box when there is no circle
  double radius = 0;      ///< of the circle, pixels; 0: no circle was found
  double confidence = 0;  ///< share of the visible rim that lies on edges, 0 to 1; 0: no background is to be seen
};

/// Finds the field of view. image: H×W, 1 or 3 channels (B,G,R), 8U or 16U, each side at least 16.
/// Returns the circle (or, where the field is no circle, the region that differs from the background), less the parts
/// that straight cuts take off, in pixels of `image`. Where no background is to be seen: the whole picture, with
/// confidence 0. Throws E_NO_FOV (all black, all white, no contrast), E_SHAPE, E_DEPTH.
/// Source: background by its corners, circle by random sample consensus (Fischler and Bolles, 1981) with Kasa's fit
/// (1976), rim refined at half height of radial profiles at full resolution.
fundus_field find_fundus_field(const cv::Mat& image, const fundus_parameters& p = {});

}  // namespace medvision
