// SPDX-License-Identifier: Apache-2.0
// What does a system of several parts do, one after the other? The words of the small programs.
#pragma once

#include <opencv2/core/types.hpp>
#include <optional>
#include <string>
#include <vector>

namespace medvision {

/// One step of a system of several parts. What a step does not know stays as it is here.
struct card_stage {
  std::string run;                   ///< "infer", "roi", "top-percent", "mean", "paste", "gate", "upsample"
  std::string card, over = "image";  ///< infer: its card, relative to the system's; "image", "rois"
  std::string map;                   ///< roi, top-percent, upsample: looked at
  std::string maps, onto;            ///< paste: of the regions, and of the picture
  std::string scores, gates;         ///< gate: maps of one shape
  std::string as;                    ///< the name of what is made; top-percent: empty: that of `map`
  std::vector<std::string> classes;  ///< roi: names, or "sum" or "max" alone
  int count = 6;                     ///< roi: as med-roi has them, and so below
  cv::Size window{256, 256};
  std::string rule = "window-sum", normalize, zero_range = "zero";
  std::optional<double> stop;
  double percent = 0;                    ///< top-percent: above 0, to 100
  std::string outside = "half";          ///< paste: "half", "keep"
  cv::Size size;                         ///< upsample: pixels over the picture; empty: its own
  std::string interpolation = "linear";  ///< upsample: as med-upsample has it
  std::vector<std::string> of;           ///< mean: groups of scores with the same classes
};

}  // namespace medvision
