// SPDX-License-Identifier: Apache-2.0
// Where in a mammogram is the breast? Its mask, its box, and its outermost points.
#pragma once

#include <array>
#include <opencv2/core/mat.hpp>
#include <optional>

namespace medvision {

/// Where the breast points in the stored picture: away from the chest wall.
enum class pointing { left, right };

/// What is brighter than the background.
struct breast_tissue {
  cv::Mat mask;           ///< H×W 8U, 255 where there is tissue, a label or a marker
  double background = 0;  ///< values up to this are background
  double fill = 0;        ///< the background's middle value, which looks like more of it; 0 when it was given
};

/// The one channel of a mammogram. image: H×W, 8U or 16U, one channel, or three equal ones. returns: of one channel the
/// image itself. throws: E_SHAPE (empty, or a coloured picture), E_DEPTH.
cv::Mat grey_of(const cv::Mat& image);

/// image: as grey_of. background: values up to this are background; absent: it
/// is estimated (dark_level), and specks of noise are taken away by a median of 5×5 pixels where it is not one value.
/// throws: as grey_of; E_NO_TISSUE (all background; as find_dark_level).
/// source: Wu et al., IEEE Trans. Med. Imaging 39(4), 2020, and its program: 0 is background.
breast_tissue find_tissue(const cv::Mat& image, const std::optional<double>& background = {});

/// The breast among labels and markers: the largest piece that is left of the tissue after erosions, dilated as often.
/// tissue: H×W 8U, nonzero inside. iterations: with the pixel and its four neighbours, 0 to 5000; what lies outside the
/// picture is background, so that tissue at the edge is eroded from the edge too.
/// returns: H×W 8U, 255 inside: what a diamond of that radius can reach, one piece by its four neighbours; of equal
/// ones the first in raster order. throws: E_NO_TISSUE when no piece is left.
/// source: as above; one distance transform for all erosions, one for all dilations, to the same pixels.
cv::Mat find_breast(const cv::Mat& tissue, int iterations);

/// Where it points, by its pixels: away from the edge, left or right, that more of it touches; of none or both alike,
/// away from the half that holds more of it; right when those are alike too. breast: H×W 8U, not empty.
pointing pointing_of(const cv::Mat& breast);

/// Rows and columns are those of `kept` as if the breast pointed right: columns count from the chest wall. Of a picture
/// where it points left they are one larger than the mirrored pixel's, as in the published program.
struct breast_box {
  pointing to = pointing::right;
  cv::Rect breast;                          ///< smallest box around the mask, pixels of the picture
  cv::Rect kept;                            ///< with the buffer, pixels of the picture
  std::array<int, 2> rightmost_rows{};      ///< first and last
  int rightmost_column = 0;                 ///< the last that the breast reaches below the upper third of `kept`
  int bottommost_row = 0;                   ///< the last that the breast reaches
  std::array<int, 2> bottommost_columns{};  ///< first and last
  int distance_from_starting_side = 0;      ///< pixels between the chest wall's edge and the breast, before the buffer
};

/// breast: H×W 8U, nonzero inside. buffer: pixels kept above, below and where the breast points to, as far as the
/// picture goes. throws: E_NO_TISSUE for an empty mask, or one of the picture's upper third alone.
/// source: as find_tissue.
breast_box measure_breast(const cv::Mat& breast, pointing to, int buffer);

}  // namespace medvision
