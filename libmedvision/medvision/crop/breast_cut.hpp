// SPDX-License-Identifier: Apache-2.0
// What is cut of a mammogram: the breast with its buffer, mirrored or not, or the best window of a fixed size.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "medvision/crop/breast.hpp"
#include "medvision/crop/breast_window.hpp"
#include "medvision/geometry/frame.hpp"

namespace medvision {

/// What is known of the exposure.
struct breast_tags {
  std::optional<char> side;         ///< 'L' or 'R'
  std::optional<breast_view> view;  ///< none: another one, or not said
  std::string view_said;            ///< as it was said, for sentences
};

/// side: "L", "left", … or empty. view: "CC", "MLO", with the side before it ("L-CC", "RMLO") or another one; any case.
/// throws: E_TAGS for another side, or when the view says another side.
breast_tags read_breast_tags(const std::string& side, const std::string& view);

/// How it is known where the breast points. usual: a left breast points right, a right one left; by the pixels where
/// the side is not said. mirrored: the other way round (horizontal_flip of published lists). pixels: pointing_of().
enum class breast_layout { usual, mirrored, pixels };

struct breast_cut_parameters {
  std::optional<double> background;  ///< of find_tissue
  int iterations = 100;              ///< of find_breast, 0 to 5000
  int buffer = 50;                   ///< of measure_breast, pixels, 0 or more
  breast_layout layout = breast_layout::usual;
  cv::Size window{0, 0};    ///< pixels; 0×0: what measure_breast keeps
  bool face_right = false;  ///< mirror pictures where it points left, so that the chest wall lies left
};

struct breast_cut {
  cv::Mat breast;                     ///< H×W 8U of the picture, 255 inside
  breast_box box;                     ///< of the same
  double background = 0, fill = 0;    ///< as find_tissue gives them
  std::optional<cv::Point> centre;    ///< of the window, best_centre()
  bool mirror = false;                ///< box.kept is mirrored
  cv::Rect window;                    ///< then cut, in pixels of box.kept; it may run outside
  std::vector<std::string> warnings;  ///< sentences for whoever looks after the pictures

  /// The cut of the picture, or of a mask of its size, with `outside` where the window runs outside box.kept.
  [[nodiscard]] cv::Mat of(const cv::Mat& image, double outside) const;
  /// From the cut's pixels to the picture's.
  [[nodiscard]] frame to_picture() const;
};

/// image: as find_tissue. known: a mask of the breast, H×W 8U, which is followed instead of what would be found; empty:
/// none. throws: as the functions named; E_TAGS where a window is asked for and the view is neither CC nor MLO, or
/// `mirrored` and the side is not said.
breast_cut plan_breast_cut(const cv::Mat& image, const cv::Mat& known, const breast_tags& tags,
                           const breast_cut_parameters& p);

/// "usual" "mirrored" "pixels". Throws E_OPTION (request) for another word.
breast_layout breast_layout_named(const std::string& word);
/// "auto" or a number from 0 to 65535. Throws E_OPTION (request) for anything else.
std::optional<double> background_named(const std::string& text);

}  // namespace medvision
