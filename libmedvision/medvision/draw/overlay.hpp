// SPDX-License-Identifier: Apache-2.0
// What was found, drawn on the picture: outlines, heat, boxes.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

namespace medvision {

/// Colours (B,G,R) that people with any colour vision tell apart on a retina: of Okabe and Ito's set, 2008.
inline const cv::Scalar found_colour{233, 180, 86};  ///< sky blue: what a map says
inline const cv::Scalar truth_colour{66, 228, 240};  ///< yellow: what an observer says
inline const cv::Scalar box_colour{255, 255, 255};   ///< white: regions of interest

/// A picture to draw on. image: H×W, 1 or 3 channels, 8U, 16U or 32F; 16U and 32F are stretched from their smallest to
/// their largest value. Returns H×W 8UC3, never the pixels of `image`. Throws E_SHAPE.
cv::Mat drawable(const cv::Mat& image);

/// One channel of a map. map: C×H×W 32F. classes: its channels' names. name: the one wanted; empty: the only one.
/// Returns H×W 32F, the map's own pixels. Throws E_SHAPE, and E_CLASS naming the classes there are.
cv::Mat map_channel(const cv::Mat& map, const std::vector<std::string>& classes, const std::string& name);

/// Where a map reaches a threshold inside a field. values: H×W 32F. inside: H×W 8U; empty: everywhere.
/// Returns H×W 8U, 0 or 255. Throws E_SHAPE.
cv::Mat find_above(const cv::Mat& values, double threshold, const cv::Mat& inside = {});

/// A line just outside the nonzero pixels of a mask, so that what is drawn around stays to be seen; 1 pixel wide, more
/// from 1400 pixels on. picture: H×W 8UC3, drawn on. mask: H×W 8U. Throws E_SHAPE.
void draw_outline(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& colour);

/// Values from 0 to 1 (cut there) as colours over the picture, the more opaque the higher, up to 0.8.
/// picture: H×W 8UC3, drawn on. values: H×W 32F. inside: H×W 8U; where it is 0 nothing is drawn; empty: everywhere.
/// Source: the viridis table, even in lightness for any colour vision. Throws E_SHAPE.
void draw_heat(cv::Mat& picture, const cv::Mat& values, const cv::Mat& inside = {});

/// A frame around a box in pixels of the picture, between two dark lines, so that it shows on any ground.
void draw_box(cv::Mat& picture, const cv::Rect2d& box, const cv::Scalar& colour);

}  // namespace medvision
