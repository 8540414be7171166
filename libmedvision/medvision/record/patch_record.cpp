// SPDX-License-Identifier: Apache-2.0
// The parent's record with a new id, place and parent.
#include "medvision/record/patch_record.hpp"

#include <fmt/format.h>

#include "medvision/error.hpp"

namespace medvision {

record patch_record(const std::shared_ptr<const record>& parent, int index, int count, const cv::Rect& box) {
  if (index < 0 || index >= count) throw error("E_RECORD", fmt::format("patch {} of {}", index, count));
  record patch = *parent;
  patch.set_id(fmt::format("{}/{:0{}}", parent->id(), index, fmt::formatted_size("{}", count - 1)));
  auto order = parent->order();
  order.push_back(index);
  patch.set_order(order);
  patch.clear_maps();
  patch.set_parent({parent->id(), index, count, box, parent});
  return patch;
}

}  // namespace medvision
