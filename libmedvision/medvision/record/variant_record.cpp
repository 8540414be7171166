// SPDX-License-Identifier: Apache-2.0
// Variants are numbered as patches are; what is said in source pixels follows a new source.
#include "medvision/record/variant_record.hpp"

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {

record variant_record(const patch_family& family, int index, const frame& step, cv::Size size) {
  const cv::Rect2d all(0, 0, size.width, size.height);
  return family.make(index, round_corners(map_box(step, all)));
}

std::vector<mask_file> mask_files(const record& r) {
  std::vector<mask_file> files;
  const auto source = r.source();
  const cv::Size size = source ? cv::Size(source->width, source->height) : cv::Size();
  const auto fov = r.fov();
  for (const auto& [name, path] : r.truth_masks()) {
    if (fov && name == "fov")
      throw error("E_NAME", "a mask of the truth is called 'fov', and so is the field of view; one needs another name");
    files.push_back({name, path, {}, size});
  }
  if (fov) files.push_back({"fov", fov->path, fov->to_source, fov->size, true});
  return files;
}

void set_mask_file(record& r, const mask_file& mask, const std::string& path, const record& from) {
  if (mask.is_field)
    r.set_fov({path, {}, from.needed_fov().by, std::nullopt});
  else
    r.set_truth_mask(mask.name, path);
}

void carry_truth_boxes(record& to, const record& from, const std::function<cv::Rect2d(const cv::Rect2d&)>& move) {
  if (from.text("truth.boxes")) to.start_truth_boxes();
  const frame to_current = invert(from.frame());
  for (const truth_box& b : from.truth_boxes())
    if (const cv::Rect2d box = move(map_box(to_current, b.box)); !box.empty()) to.add_truth_box({box, b.class_name});
}

}  // namespace medvision
