// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/named_text.hpp"

#include <fmt/format.h>

#include <set>

#include "medvision/error.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/record/given_file.hpp"

namespace medvision::cli {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 30;

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
    t.text = read_given(t.path, most_bytes);
    all.push_back(std::move(t));
  }
  return all;
}

}  // namespace medvision::cli
