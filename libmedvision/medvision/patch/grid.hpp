// SPDX-License-Identifier: Apache-2.0
// Where do the patches of a picture lie, and what do they hold where they run outside it?
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string_view>
#include <vector>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// How the end of an axis is met. pad: the last patch runs over the end, as if rows and columns were added until
/// (length - size) is a multiple of the stride. flush: the last patch is moved back to end at the edge. even: the
/// steps are shortened by at most one pixel from each other so that the last patch ends at the edge.
enum class grid_rule { pad, flush, even };

/// What a patch holds outside the picture. zero: 0. edge: the nearest pixel. reflect: mirrored without repeating the
/// edge pixel, as often as needed. minimum_corner: the visible part moved to the patch's bottom-right corner, the rest
/// filled with the smallest sample of the whole picture (what published breast models were trained with). shift: the
/// box is moved inside; along an axis where the picture is smaller it begins at 0, and beyond the picture is 0.
enum class border { zero, edge, reflect, minimum_corner, shift };

struct grid_parameters {
  cv::Size size{256, 256};  ///< of a patch, pixels, positive
  cv::Size stride{0, 0};    ///< step, pixels, 1 to size; 0: the size, no overlap
  grid_rule rule = grid_rule::pad;
  bool gaps = false;                    ///< allow a stride larger than the size, which leaves pixels uncovered
  std::int64_t max_count = 10'000'000;  ///< more patches than this are refused before anything is allocated
};

/// Equal boxes at every pair of a column and a row offset, counted in raster order (left to right, then down).
struct patch_grid {
  std::vector<int> columns, rows;  ///< left and top offsets, increasing, from 0
  cv::Size size;                   ///< of each box
  [[nodiscard]] std::int64_t count() const { return std::int64_t(columns.size()) * std::int64_t(rows.size()); }
  /// Box `index`, 0 to count()-1, in pixels of the picture; it may end outside. Throws E_GRID for another index.
  [[nodiscard]] cv::Rect box(std::int64_t index) const;
  /// From the origin to the end of the last box, at least the picture unless gaps were allowed: the padded size.
  [[nodiscard]] cv::Size extent() const;
};

/// Throws E_GRID (request) for parameters that suit no picture: a size or stride that is not positive, a stride larger
/// than the size without gaps. For programs, before the first picture.
void check_grid(const grid_parameters& p);

/// The grid over a picture, a function of its arguments alone.
/// image: size of the picture, pixels, positive; it may be smaller than a patch, which then runs outside.
/// returns: at least one box; every pixel is in one unless gaps were allowed.
/// throws: as check_grid; E_GRID (an image size that is not positive), E_LIMIT (more than max_count).
/// source: pad is the average mode of retina-unet (stride = size: its other mode); even is DMV-CNN's heat-map rule.
/// differs: even puts the shorter steps first, where the original draws their places at random.
patch_grid make_grid(cv::Size image, const grid_parameters& p);

/// The pixels of a box that may lie partly or wholly outside the picture.
/// image: H×W, any depth and channels, not empty. box: in its pixels, positive size.
/// returns: box.height×box.width of the image's type, with its own memory.
/// throws: E_SHAPE (empty image or box), E_TOO_LARGE (more than max_pixels).
cv::Mat cut_patch(const cv::Mat& image, const cv::Rect& box, border outside,
                  std::int64_t max_pixels = std::int64_t{1} << 28);

/// The box that is cut for `box`: with shift moved inside the picture, else itself. image: size.
cv::Rect box_cut(cv::Size image, const cv::Rect& box, border outside);

/// From the pixels of that patch to those of the picture. With minimum_corner it is true of the visible part, which has
/// moved; what lies beside it was nowhere. image: size. box: as above.
frame patch_frame(cv::Size image, const cv::Rect& box, border outside);

/// "pad" "flush" "even"; "zero" "edge" "reflect" "minimum-corner" "shift". Throw E_OPTION (request) for another word.
grid_rule grid_rule_named(std::string_view word);
border border_named(std::string_view word);

}  // namespace medvision
