// SPDX-License-Identifier: Apache-2.0
// How does a picture become what the network was trained on? By the card alone.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>

#include "medvision/geometry/frame.hpp"
#include "medvision/infer/card.hpp"

namespace medvision {

/// A picture at the network's scale, in the network's values and order of channels.
struct fitted_picture {
  cv::Mat values;    ///< H×W, 1 or 3 channels, 32F
  frame to_picture;  ///< from its pixels to the pixels of the picture it was made of
};

/// Scales and normalises; nothing is padded yet.
///   picture  H×W, 1 channel or 3 (blue, green, red), 8U, 16U or 32F; current pixels.
///   input    of a card, from a picture.
///   field    bounding box of the field of view in current pixels, for a card with fov_width; without one the picture
///            itself is taken as the field of view.
///   returns  the picture resized to `size`, or by fov_width over the larger side of the field (each side times the
///            factor, rounded half to even, at least 1), or as it is; INTER_AREA when it shrinks, INTER_LINEAR when it
///            grows, in its own depth. Then (pixel * scale - mean) / std, and with `standardize` minus the mean over
///            max(population standard deviation, 1e-5), both over all its values, in double.
///   throws   E_CHANNELS, E_DEPTH (the sentence says what to run first), E_FOV (an empty field), E_TOO_LARGE (the
///            scaled picture passes 2^28 pixels), E_SHAPE (an empty picture).
fitted_picture fit_picture(const cv::Mat& picture, const card_input& input,
                           const std::optional<cv::Rect2d>& field = std::nullopt);

/// A patch that was cut from a picture that fit_picture made, without `size`: resized to `size` in the same way.
///   patch    H×W, 1 or 3 channels, 32F.
fitted_picture fit_patch(const cv::Mat& patch, const card_input& input);

/// The least size that holds `inner`, each side a multiple.
cv::Size next_multiple(cv::Size inner, int multiple);

/// `margin` more pixels on every side, then at the right and bottom up to `outer` (which counts both margins):
/// mirrored without repeating the edge pixel, as often as needed, or zeros. `values` itself when nothing is to do.
cv::Mat pad_picture(const cv::Mat& values, cv::Size outer, int margin, padding how);

/// N pictures of one size and type to one N×C×H×W blob, 32F. One grey picture is not copied: it shares its memory.
cv::Mat stack_blob(std::span<const cv::Mat> pictures);

}  // namespace medvision
