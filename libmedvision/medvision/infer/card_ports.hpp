// SPDX-License-Identifier: Apache-2.0
// What goes into a network, and what comes out of it?
#pragma once

#include <opencv2/core/types.hpp>
#include <string>
#include <vector>

namespace medvision {

/// What lies beyond a picture's edge: 0, or the picture mirrored without repeating the edge pixel.
enum class padding { mirror, zero };

struct card_input {
  std::string name;                     ///< of the network's input
  std::string from = "image";           ///< "image", "roi", "features.NAME", "rois.features.NAME"
  cv::Size size;                        ///< the picture is resized to it; of features D×K; 0x0: any size goes in
  int multiple = 1;                     ///< any size: padded at the right and bottom to the next multiple, 1 to 1024
  int channels = 1;                     ///< 1 or 3
  std::string order = "gray";           ///< "gray", "rgb", "bgr"
  std::string depth;                    ///< "u8", "u16", "f32": the only depth `scale` is meant for; empty: any
  double scale = 1;                     ///< network value = (pixel * scale - mean) / std, a channel
  std::vector<double> mean{0}, std{1};  ///< 1 or `channels` values, in the network's order; std > 0
  bool standardize = false;             ///< then minus the picture's mean, over max(its standard deviation, 1e-5)
  double fov_width = 0;                 ///< pixels the larger side of the field of view becomes; 0: no scaling
  padding pad = padding::mirror;        ///< what `multiple` fills with
  bool repeat_last = false;             ///< of rois.features: the last one again where there are less than K

  /// A picture at its own size becomes the same values.
  [[nodiscard]] bool same_values(const card_input& o) const {
    return channels == o.channels && order == o.order && depth == o.depth && scale == o.scale && mean == o.mean &&
           std == o.std && standardize == o.standardize;
  }
  /// NAME of features; empty where a picture or a region goes in.
  [[nodiscard]] std::string feature() const {
    const std::size_t skipped = of_regions() ? 14 : from.starts_with("features.") ? 9 : from.size();
    return from.substr(skipped);
  }
  /// K×D: features of the regions, in their order.
  [[nodiscard]] bool of_regions() const { return from.starts_with("rois.features."); }
};

struct card_output {
  std::string name, kind = "map";    ///< kind: "map", "features", "scores"
  std::vector<std::string> classes;  ///< a name a channel (map) or value (scores)
  std::string activation = "none";   ///< what the network ends in: "none", "sigmoid", "softmax"; nothing is added
  bool of_regions = false;           ///< scores: those of one region after the other
};

/// How a region is cut, after the whole picture was normalised.
struct card_patch {
  cv::Size size;                ///< pixels, around the region's centre
  std::string border = "zero";  ///< "shift", "zero", "reflect", "edge", "minimum-corner": as border_named takes it
  bool from_source = false;     ///< cut from the source picture, not from the current one
};

}  // namespace medvision
