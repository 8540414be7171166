// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/named_text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "medvision/error.hpp"
#include "medvision/io/atomic_file.hpp"
#include "medvision/io/folder.hpp"

namespace medvision::cli {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 30;

std::string read_standard_input() {
  if (isatty(0) == 1) throw error("E_OPTION", "name a file; standard input is a terminal", blame::request);
  std::string text;
  std::vector<char> buffer(std::size_t{1} << 16);
  while (true) {
    const ssize_t n = read(0, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw error("E_READ", fmt::format("standard input could not be read: {}", std::strerror(errno)),
                  blame::environment);
    if (n == 0) return text;
    text.append(buffer.data(), std::size_t(n));
    if (text.size() > most_bytes)
      throw error("E_TOO_LARGE", "standard input is more than 1 GiB, which no document is", blame::request);
  }
}

named_text named(const std::string& positional) {
  const std::size_t equals = positional.find('=');
  const bool said = equals != std::string::npos && positional.find('/') > equals;
  named_text t{said ? positional.substr(0, equals) : "", said ? positional.substr(equals + 1) : positional, ""};
  if (said && (t.name.empty() || t.path.empty()))
    throw error("E_OPTION", fmt::format("'{}' is to be NAME=FILE", positional), blame::request);
  if (!said) t.name = t.path == "-" ? "study" : stem_of(t.path);
  return t;
}

}  // namespace

std::vector<named_text> read_named_texts(const std::vector<std::string>& positionals) {
  std::vector<named_text> all;
  std::set<std::string> names;
  for (const std::string& positional : positionals.empty() ? std::vector<std::string>{"-"} : positionals) {
    named_text t = named(positional);
    if (!names.insert(t.name).second)
      throw error("E_OPTION", fmt::format("two are called '{}'; say NAME=FILE to tell them apart", t.name),
                  blame::request);
    try {
      t.text = t.path == "-" ? read_standard_input() : read_file(t.path, most_bytes);
    } catch (const error& e) {
      throw error(e.code(), e.what(), e.who() == blame::item ? blame::request : e.who());
    }
    all.push_back(std::move(t));
  }
  return all;
}

}  // namespace medvision::cli
