// SPDX-License-Identifier: Apache-2.0
// How do the maps of overlapping patches become one map?
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string_view>
#include <vector>

#include "medvision/geometry/frame.hpp"

namespace medvision {

/// mean: every patch counts the same. gauss: a patch counts less away from its centre (sigma an eighth of its size,
/// never zero). crop: the patch whose centre is nearest alone; a tie goes to the one added first. max: the largest.
enum class blend { mean, gauss, crop, max };

/// A map under construction. It holds no patch: one float a cell and channel, and (channels + 1) doubles a cell of the
/// rows that are open. Sums are double, so patches that agree give back exactly their value. Added in the same order
/// the result is the same to the bit; in another order sums may differ in the last bit, so all callers add by index.
class stitcher {
 public:
  /// size: of the finished map, cells. Throws E_SHAPE when it or `channels` is not positive.
  stitcher(cv::Size size, int channels, blend how = blend::mean);
  /// box: where the patch lies, in cells; what runs outside the map is dropped. patch: C×h×w (or h×w for one channel),
  /// 32F, h×w the size of the box. Throws E_SHAPE, E_NONFINITE (NaN or infinity), E_ORDER (a closed row).
  void add(const cv::Rect& box, const cv::Mat& patch);
  /// Optional: no patch to come begins above row `y`. The rows above are finished and their sums freed.
  void close_rows_above(int y);
  /// C×H×W, 32F (three dimensions). Call it once. Throws E_INCOMPLETE, naming the first cell no patch covers.
  cv::Mat finish();

 private:
  cv::Size size_;
  int channels_;
  blend how_;
  int closed_ = 0;  // rows above are finished
  cv::Mat map_;
  std::vector<std::vector<double>> open_;  // a row: `channels` planes of sums, then one of weights; empty: untouched
};

/// The map of a patch of which one thing is said as a whole: everywhere the same.
///   values   one a channel, at least one, finite. size: of the map, cells, positive
///   returns  C×height×width, 32F
///   throws   E_SHAPE (no value, a size that is not positive), E_NONFINITE
///   source   DMV-CNN, heat maps of its patch classifier
cv::Mat even_map(const std::vector<double>& values, cv::Size size);

/// The map of one patch as its record tells it.
struct patch_map {
  frame to_source;  ///< from its cells
  cv::Size cells;
  cv::Rect cut;  ///< where the patch was cut, pixels of the parent
};

/// Where the maps of a run of patches lie in the map of their parent.
struct cell_layout {
  cv::Size cell;                ///< parent pixels a cell is wide and high
  cv::Size size;                ///< of the parent's map, cells; the last ones may cover less than a cell of it
  frame to_source;              ///< from the parent's map
  std::vector<cv::Rect> boxes;  ///< of each patch, cells; may run outside
  bool in_rows = true;          ///< boxes come by increasing rows: rows above the next one are complete
};

/// patches: at least one, by index. parent: its size, pixels, and frame.
/// returns: one layout for all. throws, naming the first patch at fault: E_FRAME when a cell is not a whole number of
/// parent pixels without a turn, does not begin at a multiple of that, or lies outside where its patch was cut;
/// E_SHAPE when its cells have another size than the first patch's; E_TOO_LARGE when the parent's map has more than
/// max_cells.
cell_layout lay_cells(const std::vector<patch_map>& patches, cv::Size parent, const frame& parent_to_source,
                      std::int64_t max_cells = std::int64_t{1} << 28);

/// "mean" "gauss" "crop" "max". Throws E_OPTION (request) for another word.
blend blend_named(std::string_view word);

}  // namespace medvision
