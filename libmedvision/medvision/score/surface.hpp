// SPDX-License-Identifier: Apache-2.0
// How far apart do the outlines of two masks run?
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "medvision/score/measure.hpp"
#include "medvision/score/nearest.hpp"

namespace medvision {

struct surface_parameters {
  pixel_steps steps;               ///< 1 and 1, or mm a pixel
  std::string unit = "px";         ///< ends the names: "px" or "mm"
  std::vector<double> tolerances;  ///< for nsd, in that unit, 0 or more
};

/// The surface of a mask: its pixels with a side neighbour that is zero or beyond the border. mask: H×W 8U. Returns H×W
/// 8U, 0 or 255. Throws E_SHAPE.
cv::Mat find_surface(const cv::Mat& mask);

/// The q-quantile (0 to 1) of numbers, linear between ranks: rank q (n - 1), counted from 0. values: not empty; their
/// order is changed. Source: Hyndman and Fan, Am. Stat. 50(4), 1996, type 7; numpy's default.
double quantile(std::vector<double>& values, double q);

/// Distances between the surface pixels of two masks, centre to centre; A to B is, of each pixel of A, the distance to
/// the nearest of B. predicted, truth: H×W 8U, nonzero is positive. Returns, each name ending in _<unit>:
///   hd           the largest of both directions
///   hd95         of each direction the 95th percentile, and the larger of these two
///   hd95_pooled  the 95th percentile of both directions in one list
///   hd95_worst   hd95; where one mask is empty, the diagonal of the picture
///   assd         the mean of both directions in one list
///   masd         of each direction the mean, and the mean of these two
///   nsd_<t>      the share of both surfaces that lies no further than t from the other one, for each tolerance
/// Without value when a mask is empty, except nsd, which is 0 when one is. Throws E_SHAPE.
/// Source: Taha and Hanbury, BMC Med. Imaging 15:29, 2015; Nikolov et al., J. Med. Internet Res. 23(7), 2021 (nsd).
/// Differs: the surface is pixels, not line elements.
measures surface_scores(const cv::Mat& predicted, const cv::Mat& truth, const surface_parameters& p = {});

}  // namespace medvision
