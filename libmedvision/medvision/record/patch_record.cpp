// SPDX-License-Identifier: Apache-2.0
// The parent's record with a new id, place and parent.
#include "medvision/record/patch_record.hpp"

#include <fmt/format.h>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {

record patch_record(const std::shared_ptr<const record>& parent, int index, int count, const cv::Rect& box) {
  if (index < 0 || index >= count) throw error("E_RECORD", fmt::format("patch {} of {}", index, count));
  record patch = *parent;
  patch.set_id(fmt::format("{}/{:0{}}", parent->id(), index, fmt::formatted_size("{}", count - 1)));
  auto order = parent->order();
  order.push_back(index);
  patch.set_order(order);
  patch.clear_findings();
  patch.set_parent({parent->id(), index, count, box, parent});
  return patch;
}

roi region_of(const record& r, const cv::Rect& window, std::optional<double> score, const std::string& class_name,
              bool repeat) {
  roi region;
  region.box = map_box(r.frame(), window);
  region.window = window;
  region.window_frame = r.frame();
  region.score = score;
  if (!class_name.empty()) region.class_name = class_name;
  region.repeat = repeat;
  return region;
}

std::vector<cv::Rect> region_boxes(const record& r, cv::Size size) {
  const frame to_current = invert(r.frame());
  std::vector<cv::Rect> boxes;
  for (const roi& region : r.rois()) {
    const frame from = compose(to_current, region.window_frame.value_or(frame{}));
    cv::Rect2d box = region.window ? map_box(from, *region.window) : map_box(to_current, region.box);
    if (!size.empty())
      box = {box.x + (box.width - size.width) / 2, box.y + (box.height - size.height) / 2, double(size.width),
             double(size.height)};
    boxes.push_back(round_corners(box));
    if (boxes.back().empty())
      throw error("E_BOX", fmt::format("region {} is {}x{} pixels of the picture", boxes.size() - 1, boxes.back().width,
                                       boxes.back().height));
  }
  if (boxes.empty()) throw error("E_RECORD", "the record has no regions of interest; med-roi chooses them");
  return boxes;
}

}  // namespace medvision
