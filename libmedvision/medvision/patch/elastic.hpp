// SPDX-License-Identifier: Apache-2.0
// How does a picture look when it is bent smoothly? Random displacements at a few nodes, and a smooth field between.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "medvision/patch/grid.hpp"

namespace medvision {

struct elastic_parameters {
  double sigma = 0;  ///< standard deviation of each displacement along each axis, pixels, 0 or more; 0: no deformation
  int grid = 3;      ///< nodes along each axis, 2 to 64
};

/// Displacements at nodes that span the picture from corner to corner. x, y: side×side 64F, pixels; empty: none.
/// What is at a point p of the bent picture was at p + displacement(p).
struct displacement_grid {
  cv::Mat x, y;
  [[nodiscard]] bool empty() const { return x.empty(); }
};

/// The displacements of all pixel centres of rows `rows`. x, y: rows×W 64F, pixels.
struct displacement_field {
  cv::Mat x, y;
};

/// Throws E_OPTION (request) for a sigma or a number of nodes out of range.
void check_elastic(const elastic_parameters& p);

/// Independent normal numbers (Box and Muller) from the stream (seed, stream, index): the same for any picture size.
/// returns: grid×grid nodes; none when sigma is 0. throws: as check_elastic.
displacement_grid draw_displacements(const elastic_parameters& p, std::uint64_t seed, std::uint64_t stream,
                                     std::uint64_t index);

/// Bicubic between the nodes: cubic convolution (a = -1/2), which meets every node and is exact for a field that is a
/// quadratic of x and y; of two nodes an axis, linear. picture: size, pixels. rows: of it.
/// throws: E_SHAPE (empty, or nodes that are no square of 2 or more).
/// source: Keys, Cubic convolution interpolation, IEEE Trans. ASSP 29(6), 1981, with its condition at the ends;
/// Ronneberger, Fischer, Brox, U-Net, MICCAI 2015, section 3.1 (3 by 3 nodes, sigma 10 pixels, bicubic).
/// differs: the article does not say where the nodes lie nor which bicubic.
displacement_field make_field(const displacement_grid& grid, cv::Size picture, cv::Range rows);

/// The bent picture, sampled linearly (at 1/32 pixel), or a mask whose values are taken from the nearest pixel.
/// image: H×W, 8U, 16U or 32F, sides below 32768. outside: zero, edge or reflect. returns: H×W of its type.
/// throws: E_SHAPE (empty), E_TOO_LARGE, E_OPTION (request) for another border.
cv::Mat bend(const cv::Mat& image, const displacement_grid& grid, border outside, bool nearest = false);

/// The smallest boxes of whole pixels around all that was in `boxes` (pixels of the unbent picture of size `picture`).
/// returns: as many boxes, an empty one where nothing of it is left in the picture.
std::vector<cv::Rect2d> bend_boxes(const std::vector<cv::Rect2d>& boxes, const displacement_grid& grid,
                                   cv::Size picture);

}  // namespace medvision
