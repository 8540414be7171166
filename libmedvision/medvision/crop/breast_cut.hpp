// SPDX-License-Identifier: Apache-2.0
// What is cut of a mammogram: the breast with its buffer, mirrored or not, or the best window of a fixed size.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "medvision/crop/breast.hpp"
#include "medvision/crop/breast_window.hpp"
#include "medvision/crop/field_box.hpp"
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
/// the side is not said. mirrored: the other way round (horizontal_flip of published lists). unknown: pointing_of().
enum class breast_layout { usual, mirrored, unknown };

/// What options say in words; with_words() sets the members that they mean.
struct breast_words {
  std::string background = "auto";  ///< or a number from 0 to 65535
  std::string stored = "usual";     ///< "mirrored", "unknown"
  std::string flip_to = "none";     ///< "left": where the chest wall shall lie
};

struct breast_cut_parameters {
  breast_words words;
  std::optional<double> background;  ///< of find_tissue
  int iterations = 100;              ///< of find_breast, 0 to 5000
  padding buffer{50, false};         ///< kept around it but for the chest wall; a share is of its larger side
  breast_layout stored = breast_layout::usual;
  cv::Size window{0, 0};    ///< pixels; 0×0: what measure_breast keeps
  bool face_right = false;  ///< mirror pictures where it points left, so that the chest wall lies left
};

struct breast_cut {
  cv::Mat breast;                     ///< H×W 8U of the picture, 255 inside
  breast_box box;                     ///< of the same
  std::optional<double> background;   ///< as find_tissue gives it; none where the mask was known
  double fill = 0;                    ///< likewise
  std::optional<cv::Point> centre;    ///< of the window, best_centre()
  bool mirror = false;                ///< box.kept is mirrored
  cv::Rect window;                    ///< then cut, in pixels of box.kept; it may run outside
  bool was_known = false;             ///< the mask was given
  std::vector<std::string> warnings;  ///< sentences for whoever looks after the pictures

  /// The cut of the picture, or of a mask of its size, with `outside` where the window runs outside box.kept.
  [[nodiscard]] cv::Mat of(const cv::Mat& image, double outside) const;
  /// The cut of the mask of a breast that was found; empty where it was known.
  [[nodiscard]] cv::Mat found() const;
  /// From the cut's pixels to the picture's.
  [[nodiscard]] frame to_picture() const;
};

/// image: as find_tissue. known: a mask of the breast, H×W 8U, which is followed instead of what would be found; empty:
/// none. throws: as the functions named; E_TAGS where a window is asked for and the view is neither CC nor MLO, or
/// `mirrored` and the side is not said.
breast_cut plan_breast_cut(const cv::Mat& image, const cv::Mat& known, const breast_tags& tags,
                           const breast_cut_parameters& p);

/// p with background, stored and face_right as its words say. max_pixels: of a window. Throws E_OPTION (request) for
/// another word or a larger window.
breast_cut_parameters with_words(breast_cut_parameters p, std::int64_t max_pixels);

}  // namespace medvision
