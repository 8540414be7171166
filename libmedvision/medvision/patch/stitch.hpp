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

/// Where the map of a patch lies among the cells of its parent's map, and how many parent pixels a cell is wide, high.
struct cell_box {
  cv::Rect box;
  cv::Size cell;
};

/// map_to_source: from the patch map's cells; cells: its size; parent_to_source: from the parent's pixels.
/// Throws E_FRAME when a cell is not a whole number of parent pixels, or does not lie on whole cells from the origin.
cell_box place_cells(const frame& map_to_source, cv::Size cells, const frame& parent_to_source);

/// "mean" "gauss" "crop" "max". Throws E_OPTION (request) for another word.
blend blend_named(std::string_view word);

}  // namespace medvision
