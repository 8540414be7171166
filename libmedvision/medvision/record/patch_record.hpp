// SPDX-License-Identifier: Apache-2.0
// The record of a patch, from its parent's.
#pragma once

#include <memory>
#include <opencv2/core/types.hpp>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// parent: with an id, and an order or none. index, count: of the patch, 0 to count-1. box: where it is cut, in the
/// parent's current pixels; it may run outside.
/// returns: the parent's record (source, tags, labels, truth, field of view stay as they are) with the id
/// `<parent id>/<index>`, zero-padded so that ids sort as indices do, the order with the index appended, `parent`, and
/// without the parent's maps. Its image is still the parent's: set_image follows, with crop_frame(box.x, box.y).
/// throws: E_RECORD when the index is not below the count.
record patch_record(const std::shared_ptr<const record>& parent, int index, int count, const cv::Rect& box);

/// The region that is this window of the record's current pixels: box, window and frame, and what is said of it.
roi region_of(const record& r, const cv::Rect& window, std::optional<double> score = {},
              const std::string& class_name = {}, bool repeat = false);

/// Where the regions of interest lie in the record's current pixels: their exact windows through both frames, their
/// boxes where they have none; each corner rounded half to even.
/// size: if positive, boxes of it around the same centres instead. returns: one box a region; they may run outside.
/// throws: E_RECORD without regions, E_BOX for a region that is less than a pixel.
std::vector<cv::Rect> region_boxes(const record& r, cv::Size size = {});

}  // namespace medvision
