// SPDX-License-Identifier: Apache-2.0
// The record of a variant of a picture, from that picture's, and the files that have to move with its pixels.
#pragma once

#include <functional>
#include <memory>
#include <opencv2/core/types.hpp>
#include <string>
#include <vector>

#include "medvision/geometry/frame.hpp"
#include "medvision/record/patch_record.hpp"
#include "medvision/record/record.hpp"

namespace medvision {

/// step: from pixels of the variant to the parent's. size: of the variant.
/// returns: the family's record, its box the part of the parent that is seen. set_image or start_source follows.
/// throws: as patch_family::make.
record variant_record(const patch_family& family, int index, const frame& step, cv::Size size);

/// A mask of the truth (to_source is the identity), or the field of view, whose name is "fov". size: what the file must
/// have, pixels; 0x0: any.
struct mask_file {
  std::string name, path;
  frame to_source;
  cv::Size size;
  bool is_field = false;
};

/// Those that the record names, by name, the field of view last. Throws E_NAME when a mask of the truth is called "fov"
/// beside a field of view.
std::vector<mask_file> mask_files(const record& r);

/// `path` is that mask in the source pixels of `r`; a field of view stays the user's or med-crop's.
void set_mask_file(record& r, const mask_file& mask, const std::string& path, const record& from);

/// The boxes of the truth of `from` as `move` brings them from its current pixels to the source pixels of `to`; an
/// empty one is left out. Where `from` has a list, `to` has one.
void carry_truth_boxes(record& to, const record& from, const std::function<cv::Rect2d(const cv::Rect2d&)>& move);

}  // namespace medvision
