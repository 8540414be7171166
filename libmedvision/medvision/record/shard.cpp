// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/shard.hpp"

#include <fmt/format.h>

#include <charconv>

#include "medvision/error.hpp"

namespace medvision {

shard shard::parse(const std::string& text) {
  shard s;
  if (text.empty()) return s;
  const char *begin = text.data(), *end = begin + text.size();
  const auto first = std::from_chars(begin, end, s.index);
  const bool slash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '/';
  const auto second = slash ? std::from_chars(first.ptr + 1, end, s.count) : first;
  if (!slash || second.ec != std::errc{} || second.ptr != end || s.count == 0)
    throw error("E_OPTION", fmt::format("--shard takes I/N, such as 0/4, met '{}'", text), blame::request);
  if (s.index >= s.count)
    throw error(
        "E_OPTION",
        fmt::format("--shard {}: shards count from 0, so the last of {} is {}/{}", text, s.count, s.count - 1, s.count),
        blame::request);
  return s;
}

}  // namespace medvision
