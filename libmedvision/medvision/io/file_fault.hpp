// SPDX-License-Identifier: Apache-2.0
// What is wrong with a file that a record names, as far as can be seen without decoding it?
#pragma once

#include <string>
#include <vector>

namespace medvision {

/// path: a picture, a mask or numbers. shape: what the record says of a .npy file, in axes; empty: nothing.
/// returns: a sentence when it is absent, no regular file, empty, or a .npy whose header is broken, whose data are cut
/// or whose shape (leading axes of 1 aside) is another; else "". A picture's header is not read: that takes codecs.
std::string file_fault(const std::string& path, const std::vector<int>& shape = {});

}  // namespace medvision
