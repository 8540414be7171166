// SPDX-License-Identifier: Apache-2.0
// Folders through Boost.Filesystem.
#include "medvision/io/folder.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <boost/filesystem.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

namespace fs = boost::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

/// `path`, which list_files(folder, …) gave, as seen from the folder, without its last extension.
std::string stem_below(const std::string& folder, const std::string& path) {
  // The slashes that end the folder's name may be fewer in the path.
  std::size_t begin = folder.find_last_not_of('/') + 1;
  while (begin < path.size() && path[begin] == '/') ++begin;
  const std::size_t name = path.rfind('/') + 1;
  return path.substr(begin, std::max(begin, name) - begin) + stem_of(path);
}

std::string small_letters(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
  return text;
}

/// Adds what is in the folder, or says why it cannot be listed (to its end).
boost::system::error_code list_into(const fs::path& folder, bool recursive, folder_listing& listing) {
  boost::system::error_code code;
  fs::directory_iterator it(folder, code);
  std::vector<fs::path> below;  // entered when this folder is closed again, so that depth costs no open files
  for (const fs::directory_iterator end; !code && it != end; it.increment(code)) {
    if (is_hidden(it->path())) continue;
    boost::system::error_code unknown;  // A link to nowhere is listed: whoever opens it says that it is one.
    const fs::file_type type = fs::status(it->path(), unknown).type();
    const bool missing = type == fs::file_not_found || unknown == boost::system::errc::too_many_symbolic_link_levels;
    if (unknown && !missing)  // no search in the folder, or a path too long
      (recursive ? listing.closed : listing.files).push_back(it->path().native());
    else if (type != fs::directory_file)
      listing.files.push_back(it->path().native());
    else if (recursive && !fs::is_symlink(it->path(), unknown))
      below.push_back(it->path());
  }
  it = fs::directory_iterator();
  for (const fs::path& one : below)
    if (list_into(one, true, listing)) listing.closed.push_back(one.native());
  return code;
}

[[noreturn]] void cannot_list(const std::string& path, const boost::system::error_code& code) {
  throw error("E_READ", fmt::format("{}: the folder cannot be listed: {}", path, code.message()), blame::request);
}

}  // namespace

void make_folder(const std::string& path) {
  if (is_folder(path)) return;  // what Boost says of "." is that it cannot be made
  boost::system::error_code code;
  fs::create_directories(path, code);
  if (!code && is_folder(path)) return;
  if (exists(path) && !is_folder(path))
    throw error("E_WRITE", fmt::format("{}: a folder is to be made, but a file has this name", path), blame::request);
  throw error("E_WRITE", fmt::format("{}: the folder cannot be made: {}", path, code.message()), blame::environment);
}

folder_listing list_files(const std::string& path, bool recursive) {
  if (!is_folder(path)) throw error("E_MISSING", fmt::format("{}: expected a folder", path), blame::request);
  folder_listing listing;
  if (const auto code = list_into(path, recursive, listing)) cannot_list(path, code);
  std::sort(listing.files.begin(), listing.files.end());
  std::sort(listing.closed.begin(), listing.closed.end());
  return listing;
}

// By hand, because what Boost takes for the extension of ".x" has changed between its versions.
std::string stem_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

std::string extension_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::string extension = small_letters(name.substr(stem_of(path).size()));
  return extension.empty() ? extension : extension.substr(1);
}

found_files find_files(const std::vector<std::string>& inputs, const std::vector<std::string>& extensions,
                       bool recursive) {
  for (const std::string& said : extensions)
    if (said.empty() || said.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                                               said.starts_with('.')) != std::string::npos)
      throw error("E_OPTION", fmt::format("'{}' is no ending of a name, such as png, or '.' for none", said),
                  blame::request);
  found_files found;
  const auto fits = [&](const std::string& path) {
    const std::string extension = extension_of(path);
    return std::any_of(extensions.begin(), extensions.end(), [&](const std::string& said) {
      return small_letters(said.starts_with('.') ? said.substr(1) : said) == extension;
    });
  };
  for (const std::string& input : inputs) {
    if (!is_folder(input)) {
      if (!exists(input) && !fits(input))
        throw error("E_MISSING", fmt::format("{}: no such file or folder", input), blame::request);
      found.files.push_back({input, stem_of(input)});
      continue;
    }
    const std::size_t before = found.files.size();
    std::size_t others = 0;
    const folder_listing listing = list_files(input, recursive);
    for (const std::string& path : listing.files) {
      if (fits(path))
        found.files.push_back({path, stem_below(input, path)});
      else
        ++others;
    }
    for (const std::string& path : listing.closed) found.files.push_back({path, stem_below(input, path)});
    if (others > 0)
      found.remarks.push_back(
          fmt::format("{}: {} files left out that end in none of {}", input, others, fmt::join(extensions, ", ")));
    if (found.files.size() == before)
      found.remarks.push_back(
          fmt::format("{}: no picture found{}", input, recursive ? "" : "; --recursive looks below"));
  }
  return found;
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

std::string resolved(const std::string& path) {
  boost::system::error_code code;
  const fs::path found = fs::weakly_canonical(fs::absolute(path), code);
  return code ? fs::absolute(path).native() : found.native();
}

bool same_file(const std::string& a, const std::string& b) {
  boost::system::error_code ignored;
  return fs::equivalent(a, b, ignored) && !ignored;
}

}  // namespace medvision
