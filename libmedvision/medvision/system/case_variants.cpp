// SPDX-License-Identifier: Apache-2.0
// Pictures and masks are read once, moved alike, and written; the record follows.
#include "medvision/system/case_variants.hpp"

#include <utility>

#include "medvision/enhance/tone.hpp"
#include "medvision/error.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/patch/sample.hpp"
#include "medvision/record/variant_record.hpp"

namespace medvision {
namespace {

using placed_masks = std::vector<std::pair<mask_file, cv::Mat>>;

bool weighs(const mask_file& file, const case_variant_parameters& p) {
  return !file.is_field && !p.weight_map.empty() && file.name == p.weight_map;
}

/// The masks that have to move, on the current pixels.
placed_masks read_masks(const record& r, const case_variant_parameters& p) {
  placed_masks masks;
  if (!p.weight_map.empty()) (void)r.truth_mask(p.weight_map);  // there has to be one
  for (const mask_file& file : mask_files(r)) {
    if (!p.new_source && !weighs(file, p)) continue;
    const cv::Mat mask = read_image(file.path, p.limits);
    if (!file.size.empty()) check_size(file.path, mask.size(), file.size);
    masks.emplace_back(file, place_labels(mask, file.to_source, r.picture_size(), r.frame()));
  }
  return masks;
}

void write_masks(record& r, const record& from, const placed_masks& masks, const variant& v,
                 const case_variant_parameters& p, const variant_files& files) {
  for (const auto& [file, mask] : masks) {
    const cv::Mat moved = make_variant(mask, v, file.is_field ? border::zero : p.outside, true);
    if (p.new_source) {
      const std::string path = files.other(r, file.name, "png");
      write_image(path, moved);
      set_mask_file(r, file, path, from);
    }
    if (!weighs(file, p)) continue;
    const std::string path = files.other(r, "weights", "npy");
    write_tensor(path, border_weights(moved, p.weights).reshape(1, {1, moved.rows, moved.cols}));
    r.set_map("weights", {path, {1, moved.rows, moved.cols}, {}, r.frame(), std::nullopt});
  }
}

}  // namespace

void make_case_variants(record& r, const case_variant_parameters& p, const variant_files& files,
                        const std::function<void(record)>& take) {
  if (p.elastic.sigma > 0 && !p.new_source)
    throw error("E_OPTION", "no frame leads back from a bent picture; it has to be a new source", blame::request);
  const cv::Mat image = read_image(r.image(), p.limits);
  picture_info info{image.cols, image.rows, image.channels(), depth_name(image.depth())};
  r.meet_image(info);
  const patch_family family(r, p.count);
  const placed_masks masks = read_masks(r, p);
  for (int i = 0; i < p.count; ++i) {
    const variant v = draw_variant(image.size(), p.of(fnv1a_64(r.id())), i);
    record out = variant_record(family, i, v.step(), v.box.size());
    const std::string path = files.picture(out);
    write_image(path, scale_saturation(scale_contrast(make_variant(image, v, p.outside), v.contrast), v.saturation));
    info.width = v.box.width;
    info.height = v.box.height;
    if (p.new_source) {
      out.start_source(path, info, {*r.source(), compose(r.frame(), v.step()), std::int64_t(p.seed), v.bent.empty()});
      carry_truth_boxes(out, r, [&](const cv::Rect2d& box) { return move_boxes({box}, v)[0]; });
    } else {
      out.set_image(path, info, v.step());
    }
    write_masks(out, r, masks, v, p, files);
    take(std::move(out));
  }
}

}  // namespace medvision
