// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/ledger.hpp"

#include <unistd.h>

#include "medvision/io/folder.hpp"
#include "medvision/record/record.hpp"

namespace medvision::cli {
namespace {

constexpr std::size_t most_folders = 4096;

bool begins(const std::string& longer, const std::string& stem) {
  return longer.starts_with(stem) &&
         (longer.size() == stem.size() || longer[stem.size()] == '.' || longer[stem.size()] == '/');
}

bool is_link(const std::string& path) {
  char first = 0;
  return readlink(path.c_str(), &first, 1) > 0;
}

}  // namespace

// A link at a product's place is replaced and not followed, so the last name stands as it is.
ledger::name ledger::name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const std::string last = "/" + path.substr(slash + 1);
  if (const auto known = folders_.find(folder); known != folders_.end()) return fnv1a_64(known->second + last);
  const std::string found = resolved(folder);
  if (folders_.size() == most_folders) folders_.clear();
  if (is_folder(folder)) folders_[folder] = found;  // one that is not there yet may come to be a link
  return fnv1a_64(found + last);
}

std::vector<ledger::name> ledger::names_read(const std::string& path) {
  std::vector<name> names{name_of(path)};
  if (is_link(path)) names.push_back(name_of(resolved(path)));
  return names;
}

void ledger::foresee(const std::string& path) {
  const std::lock_guard lock(mutex_);
  for (const name n : names_read(path)) readers_[n] = -1;
}

bool ledger::enter(std::int64_t place, const std::string& stem, const std::vector<std::string>& inputs) {
  const std::lock_guard lock(mutex_);
  for (const std::string& path : inputs)
    for (const name n : names_read(path)) readers_.try_emplace(n, place);
  bool waits = false;
  for (const auto& [other, its_stem] : in_hand_) waits = waits || begins(stem, its_stem) || begins(its_stem, stem);
  in_hand_[place] = stem;
  return waits;
}

void ledger::leave(std::int64_t place) {
  const std::lock_guard lock(mutex_);
  in_hand_.erase(place);
}

ledger::claim_answer ledger::claim(std::int64_t place, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const name n = name_of(path);
  const auto reader = readers_.find(n);
  if (reader != readers_.end() && reader->second <= place) return claim_answer::is_input;
  const auto [writer, fresh] = writers_.try_emplace(n, place);
  return fresh || writer->second == place ? claim_answer::granted : claim_answer::is_taken;
}

void ledger::release(std::int64_t place, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto writer = writers_.find(name_of(path));
  if (writer != writers_.end() && writer->second == place) writers_.erase(writer);
}

std::optional<std::string> ledger::written_before(std::int64_t place, const std::vector<std::string>& inputs) {
  const std::lock_guard lock(mutex_);
  for (const std::string& path : inputs)
    for (const name n : names_read(path))
      if (const auto writer = writers_.find(n); writer != writers_.end() && writer->second < place) return path;
  return std::nullopt;
}

}  // namespace medvision::cli
