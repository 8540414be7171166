// SPDX-License-Identifier: Apache-2.0
// What a program says when memory ends, or an exception gets to where nothing catches it: one line and status 3.
#pragma once

namespace medvision::cli {

/// Made once, before main. From then on the end of memory is met in two steps. At the first a reserve is given back and
/// the program goes on. At the second it ends in words, there and then: libraries that are told in the middle of their
/// work leave it in pieces, on which the way out would stumble. What is larger than the reserve throws std::bad_alloc
/// as ever, so that the record that asked for it is named.
struct last_words {
  last_words();
};

}  // namespace medvision::cli
