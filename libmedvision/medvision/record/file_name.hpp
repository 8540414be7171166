// SPDX-License-Identifier: Apache-2.0
// How is a file named after a text that may hold anything?
#pragma once

#include <string>
#include <string_view>

namespace medvision {

/// Bytes outside [A-Za-z0-9._-] written %XX; '/' too, unless `folders`. Injective, so different texts have different
/// names.
std::string file_name(std::string_view text, bool folders);

}  // namespace medvision
