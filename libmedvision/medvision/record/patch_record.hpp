// SPDX-License-Identifier: Apache-2.0
// The record of a patch, from its parent's.
#pragma once

#include <memory>
#include <opencv2/core/types.hpp>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// The patches of one parent, which has an id, and an order or none. They share what is held of it.
class patch_family {
 public:
  patch_family(const record& parent, int count);
  /// index: of the patch, 0 to count-1. box: where it is cut, in the parent's current pixels; it may run outside.
  /// returns: the parent's record (source, tags, labels, truth, field of view stay as they are) with the id
  /// `<parent id>/<index>`, zero-padded so that ids sort as indices do, the order with the index appended, `parent`,
  /// and without the parent's maps. Its image is still the parent's: set_image follows, with crop_frame(box.x, box.y).
  /// throws: E_RECORD when the index is not below the count.
  [[nodiscard]] record make(int index, const cv::Rect& box) const;

 private:
  std::string id_;
  std::vector<std::int64_t> order_;
  record base_;
  std::shared_ptr<const std::string> dumped_;
  int count_;
};

/// What a network said of a patch: a map in a file, or of all of the patch alike, then one value a class and no file.
struct patch_answer {
  map_info map;  ///< of scores: of the pixels where the patch was cut, whatever was done to them since
  std::vector<double> values;
  cv::Rect cut;  ///< of the patch, pixels of the parent
};

/// What all patches of a picture say by the name of `name`.
///   patches  at least one, by index, each with a parent
///   scores   true: scores `name` or `name.<class>`, classes in the order of their names; false: maps
///   returns  one a patch, all with the classes of the first
///   throws   E_RECORD when a patch has none (the sentence names those it has), E_SHAPE when the classes differ
std::vector<patch_answer> answers_of(const std::vector<record>& patches, const std::string& name, bool scores);

/// The region that is this window of the record's current pixels: box, window and frame, and what is said of it.
roi region_of(const record& r, const cv::Rect& window, std::optional<double> score = {},
              const std::string& class_name = {}, bool repeat = false);

/// Where the regions of interest lie in the record's current pixels: their exact windows through both frames, their
/// boxes where they have none; each corner rounded half to even.
/// size: if positive, boxes of it around the same centres instead. returns: one box a region; they may run outside.
/// throws: E_RECORD without regions, E_BOX for a region that is less than a pixel.
std::vector<cv::Rect> region_boxes(const record& r, cv::Size size = {});

}  // namespace medvision
