// SPDX-License-Identifier: Apache-2.0
// The parent's record with a new id, place and parent.
#include "medvision/record/patch_record.hpp"

#include <fmt/format.h>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

patch_answer scores_over(const record& patch, const parent_info& parent, const std::string& name) {
  patch_answer said{{}, {}, parent.box};
  std::string names;
  for (const auto& [full, value] : patch.scores()) {
    names += (names.empty() ? "" : ", ") + full;
    if (full != name && !full.starts_with(name + ".")) continue;
    said.values.push_back(value);
    if (full != name) said.map.classes.push_back(full.substr(name.size() + 1));
  }
  if (said.values.empty() || (!said.map.classes.empty() && said.map.classes.size() != said.values.size()))
    throw error("E_RECORD", fmt::format("patch {} has no scores '{}' or '{}.<class>'; it has: {}", parent.index, name,
                                        name, names.empty() ? "none" : names));
  said.map.shape = {int(said.values.size()), parent.box.height, parent.box.width};
  said.map.to_source = compose(parent.parent->frame(), crop_frame(parent.box.x, parent.box.y));
  return said;
}

}  // namespace

patch_family::patch_family(const record& parent, int count)
    : id_(parent.id()),
      order_(parent.order()),
      base_(parent),
      dumped_(std::make_shared<const std::string>(parent.dump())),
      count_(count) {
  base_.clear_findings();
}

record patch_family::make(int index, const cv::Rect& box) const {
  if (index < 0 || index >= count_) throw error("E_RECORD", fmt::format("patch {} of {}", index, count_));
  record patch = base_;
  patch.set_id(fmt::format("{}/{:0{}}", id_, index, fmt::formatted_size("{}", count_ - 1)));
  auto order = order_;
  order.push_back(index);
  patch.set_order(order);
  patch.set_parent({id_, index, count_, box, nullptr}, dumped_);
  return patch;
}

std::vector<patch_answer> answers_of(const std::vector<record>& patches, const std::string& name, bool scores) {
  std::vector<patch_answer> all;
  for (const record& patch : patches) {
    const auto parent = patch.parent();
    if (!parent) throw error("E_RECORD", fmt::format("'{}' is no patch: it has no parent", patch.id()));
    all.push_back(scores ? scores_over(patch, *parent, name) : patch_answer{patch.map(name), {}, parent->box});
    const map_info &first = all.front().map, &map = all.back().map;
    if (map.shape[0] != first.shape[0] || map.classes != first.classes)
      throw error("E_SHAPE",
                  fmt::format("the {} '{}' of patch {} {} {} channels or other classes than the {} of patch 0",
                              scores ? "scores" : "map", name, all.size() - 1, scores ? "have" : "has", map.shape[0],
                              first.shape[0]));
  }
  return all;
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
