// SPDX-License-Identifier: Apache-2.0
// What is said of each region of a picture lies in one file: its items, one behind the other along the first axis.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

namespace medvision {

/// One item of a .npy, or all of it.
///   path    .npy of numbers
///   shape   of one item
///   index   along the file's first axis, before those of `shape`; -1: the file has no such axis
///   returns `shape`, 32F, with memory of its own (of one axis N: N×1)
///   throws  as read_floats, E_NONFINITE among it; E_SHAPE for another shape or an index beyond the items
cv::Mat read_item(const std::string& path, const std::vector<int>& shape, int index = -1,
                  std::int64_t max_bytes = std::int64_t{2} << 30);

}  // namespace medvision
