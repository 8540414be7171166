// SPDX-License-Identifier: Apache-2.0
// Folders: made, listed in a fixed order, and asked which file is which.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace medvision {

/// Makes `path` and its parents; being there already is well. Throws E_WRITE (environment; request when a file
/// has the name).
void make_folder(const std::string& path);

struct folder_listing {
  std::vector<std::string> files;
  std::vector<std::string> closed;  ///< when recursive, folders that cannot be listed, and what may be one
};

/// What is no folder (through links too) below `path`, sorted by bytes, hidden ones (".…") left out: files, and also
/// links to nowhere and devices, which cannot be read but must not be passed over; folders entered when `recursive`,
/// links to folders never, so that a loop of links ends. Each begins with `path` as given. Throws (request) E_MISSING
/// when it is no folder, E_READ when it cannot be listed.
folder_listing list_files(const std::string& path, bool recursive);

/// The name without folder and without its last extension: "a/b.tar.gz" gives "b.tar", ".x" gives ".x".
[[nodiscard]] std::string stem_of(const std::string& path);
/// The last extension in lower case without its dot; "" when there is none.
[[nodiscard]] std::string extension_of(const std::string& path);

/// Files by their names' endings, and what a person should hear about the search.
struct found_files {
  struct file {
    std::string path, id;  ///< id: the path below its folder without the last extension
  };
  std::vector<file> files;
  std::vector<std::string> remarks;
};

/// In the order of `inputs`: each file named, with its stem as id, and of each folder the files that end in one of
/// `extensions` ("." stands for none), as list_files sorts them, and the folders below that cannot be listed, so that
/// they fail as a picture does that cannot be read; the other files are counted in a remark. A file that is absent
/// counts as found when it ends so. Throws (request) as list_files, and E_MISSING for any other name that is absent.
found_files find_files(const std::vector<std::string>& inputs, const std::vector<std::string>& extensions,
                       bool recursive);

[[nodiscard]] bool is_folder(const std::string& path);
[[nodiscard]] bool is_regular_file(const std::string& path);
[[nodiscard]] bool exists(const std::string& path);
/// Absolute and without links, '.' and '..', as far as the path exists; what does not exist yet is taken as it stands.
[[nodiscard]] std::string resolved(const std::string& path);
/// True when both name one file (device and inode), by link too.
[[nodiscard]] bool same_file(const std::string& a, const std::string& b);

}  // namespace medvision
