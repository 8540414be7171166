// SPDX-License-Identifier: Apache-2.0
// Folders through Boost.Filesystem.
#include "medvision/io/folder.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/filesystem.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

namespace fs = boost::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

[[noreturn]] void cannot_list(const std::string& path, const boost::system::error_code& code) {
  throw error("E_READ", fmt::format("{}: the folder cannot be listed: {}", path, code.message()));
}

}  // namespace

void make_folder(const std::string& path) {
  boost::system::error_code code;
  fs::create_directories(path, code);
  if (!code && is_folder(path)) return;
  throw error("E_WRITE", fmt::format("{}: the folder cannot be made: {}", path,
                                     code ? code.message() : "something else has this name"), blame::environment);
}

std::vector<std::string> list_files(const std::string& path, bool recursive) {
  if (!is_folder(path)) throw error("E_MISSING", fmt::format("{}: expected a folder", path));
  std::vector<std::string> files;
  boost::system::error_code code;
  fs::recursive_directory_iterator it(path, code);
  if (code) cannot_list(path, code);
  for (const fs::recursive_directory_iterator end; it != end; it.increment(code)) {
    if (code) cannot_list(path, code);
    const bool hidden = is_hidden(it->path());
    boost::system::error_code ignored;  // A link to nowhere is no file.
    if (!hidden && fs::is_regular_file(it->path(), ignored)) files.push_back(it->path().native());
    if (hidden || !recursive) it.disable_recursion_pending();
  }
  if (code) cannot_list(path, code);
  std::sort(files.begin(), files.end());
  return files;
}

bool is_folder(const std::string& path) {
  boost::system::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_regular_file(const std::string& path) {
  boost::system::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool exists(const std::string& path) {
  boost::system::error_code ignored;
  return fs::exists(path, ignored);
}

bool same_file(const std::string& a, const std::string& b) {
  boost::system::error_code ignored;
  return fs::equivalent(a, b, ignored) && !ignored;
}

}  // namespace medvision
