// SPDX-License-Identifier: Apache-2.0
// A whole file that the request names: a table, a document, a partial.
#pragma once

#include <cstddef>
#include <string>

namespace medvision {

/// All bytes of a regular file, of a pipe (the shell's <(...)), or for "-" of standard input. A regular file beyond
/// `max_bytes` is refused by its size, before it is read. Throws with the path in the sentence and blame request:
/// E_MISSING (absent, or a folder, a device or a terminal), E_TOO_LARGE, E_READ; environment where there are too many
/// open files, no memory or no standard input.
std::string read_given(const std::string& path, std::size_t max_bytes);

/// Called by whoever is about to read standard input: throws E_OPTION (request) for the second, who would find nothing.
void take_standard_input();

}  // namespace medvision
