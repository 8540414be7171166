// SPDX-License-Identifier: Apache-2.0
// What does the picture look like mirrored and turned, and how does an answer come back? For test-time augmentation.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string_view>
#include <vector>

namespace medvision {

/// One of the eight symmetries of a square: mirrored left-right if `mirrored`, then turned clockwise by quarter turns.
struct symmetry {
  bool mirrored = false;
  int quarter_turns = 0;  ///< 0 to 3
  bool operator==(const symmetry&) const = default;
};

/// "none": the picture as it is. "flips": also left-right, top-bottom and both. "dihedral": all eight. The identity is
/// first. Throws E_OPTION (request) for another word.
std::vector<symmetry> symmetries_named(std::string_view word);

/// picture: H×W, any type. returns: H×W, or W×H after an odd number of turns; the picture itself for the identity.
cv::Mat apply(const symmetry& s, const cv::Mat& picture);

/// The way back, for the map of a picture that `s` was applied to.
/// map: C×H×W, 32F. returns: C×H×W of the unturned picture, with its own memory unless `s` is the identity.
cv::Mat undo(const symmetry& s, const cv::Mat& map);

}  // namespace medvision
