// SPDX-License-Identifier: Apache-2.0
// The record of a patch, from its parent's.
#pragma once

#include <memory>
#include <opencv2/core/types.hpp>

#include "medvision/record/record.hpp"

namespace medvision {

/// parent: with an id, and an order or none. index, count: of the patch, 0 to count-1. box: where it is cut, in the
/// parent's current pixels; it may run outside.
/// returns: the parent's record (source, tags, labels, truth, field of view stay as they are) with the id
/// `<parent id>/<index>`, zero-padded so that ids sort as indices do, the order with the index appended, `parent`, and
/// without the parent's maps. Its image is still the parent's: set_image follows, with crop_frame(box.x, box.y).
/// throws: E_RECORD when the index is not below the count.
record patch_record(const std::shared_ptr<const record>& parent, int index, int count, const cv::Rect& box);

}  // namespace medvision
