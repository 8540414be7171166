// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/fundus_cut.hpp"

namespace medvision {

fundus_cut plan_fundus_cut(const cv::Mat& image, const cv::Mat& known, const frame& known_to_source,
                           const frame& picture_to_source, const padding& pad) {
  fundus_cut cut;
  if (!known.empty()) {
    cut.field = field_box(known, known_to_source, image.size(), picture_to_source);
    cut.kept = padded_box(cut.field, pad, image.size());
    return cut;
  }
  const fundus_field found = find_fundus_field(image);
  cut.field = found.box;
  cut.kept = padded_box(found.box, pad, image.size());
  cut.mask = found.mask(cut.kept);
  cut.confidence = found.confidence;
  return cut;
}

}  // namespace medvision
