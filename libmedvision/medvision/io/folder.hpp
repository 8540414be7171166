// SPDX-License-Identifier: Apache-2.0
// Folders: made, listed in a fixed order, and asked which file is which.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace medvision {

/// Makes `path` and its parents; being there already is well. Throws E_WRITE (environment).
void make_folder(const std::string& path);

/// Regular files (through links too) below `path`, sorted by bytes, hidden ones (".…") left out; folders entered when
/// `recursive`, links to folders never, so that a loop of links ends. Each begins with `path` as given.
/// Throws E_MISSING when it is no folder, E_READ when one below cannot be listed.
std::vector<std::string> list_files(const std::string& path, bool recursive);

[[nodiscard]] bool is_folder(const std::string& path);
[[nodiscard]] bool is_regular_file(const std::string& path);
[[nodiscard]] bool exists(const std::string& path);
/// True when both name one file (device and inode), by link too.
[[nodiscard]] bool same_file(const std::string& a, const std::string& b);

}  // namespace medvision
