// SPDX-License-Identifier: Apache-2.0
// Which values of a truth file mean what? A plain mask of 0 and 1, or 0 and 255, is taken as it is; any other value
// must be spoken for, and is never guessed.
#pragma once

#include <map>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

namespace medvision {

/// What a value of the file stands for: "0" (negative), "1" (positive), "ignore" (not scored), or the name of a class:
/// positive in that class's mask, negative in any other's.
using value_map = std::map<int, std::string>;

/// "255=1", "128=ignore", "3=EX"… Throws E_OPTION (request): not VALUE=MEANING, a value outside 0 to 65535 or twice.
value_map read_value_map(const std::vector<std::string>& entries);

/// Of one class, on the pixels of the truth.
struct truth_mask {
  cv::Mat positive;  ///< H×W 8U, 0 or 255
  cv::Mat ignored;   ///< H×W 8U, 0 or 255; empty when nothing is
};

/// The mask of a class. image: H×W, 8U or 16U, of one channel or of three that are equal. meanings: empty for a plain
/// mask; else each value met, 0 apart, must be in it (0 is negative unless it says otherwise). class_name: whose mask.
/// Throws E_SHAPE (floats, colours), and E_LABEL naming up to ten values without a meaning and their pixels.
truth_mask read_truth(const cv::Mat& image, const value_map& meanings, const std::string& class_name);

}  // namespace medvision
