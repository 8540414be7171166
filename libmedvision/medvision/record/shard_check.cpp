// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/shard_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr std::int64_t largest = std::int64_t{1} << 53;  // beyond it no number of a line is exact

// A failed record may hold anything there.
std::optional<std::int64_t> place_of(const record& r) {
  try {
    const auto order = r.order();
    if (!order.empty() && order[0] >= 0 && order[0] < largest) return order[0];
  } catch (const error&) {
  }
  return std::nullopt;
}

// Of a group of groups nobody knows how many cases there were.
bool is_nested(const record& r) {
  constexpr std::string_view fold = R"("by":"med-fuse")";
  const std::string steps = r.text("steps").value_or("");
  const std::size_t at = steps.find(fold);
  return at != std::string::npos && steps.find(fold, at + 1) != std::string::npos;
}

std::int64_t members_of(const record& r) {
  try {
    const auto group = r.group();
    return group ? group->n : 0;
  } catch (const error&) {
    return 0;
  }
}

}  // namespace

shard_check::shard_check(std::vector<std::string> names) : names_(std::move(names)), steps_(names_.size()) {}

// True when it is new.
bool shard_check::insert(std::int64_t order) {
  auto after = met_.upper_bound(order);
  if (after != met_.begin()) {
    const auto before = std::prev(after);
    if (order < before->second) return false;
    if (order == before->second) {
      ++before->second;
      if (after != met_.end() && after->first == before->second) before->second = after->second, met_.erase(after);
      return true;
    }
  }
  std::int64_t end = order + 1;
  if (after != met_.end() && after->first == end) end = after->second, after = met_.erase(after);
  met_.emplace_hint(after, order, end);
  return true;
}

void shard_check::add(std::size_t input, const record& r) {
  const auto order = place_of(r);
  const bool fresh = order && insert(*order);
  // The first member failed and has its order too, or the group alone has it.
  const std::int64_t members = members_of(r);
  nested_ = nested_ || (members > 0 && is_nested(r));
  explained_ += std::max<std::int64_t>(0, members - (fresh ? 1 : 0));
  if (!order) ++explained_;
  if (r.failed()) return;
  input_steps& own = steps_[input];
  if (!own.one) return;
  std::string text = r.text("steps").value_or("");
  if (!own.text)
    own.text = std::move(text);
  else
    own.one = *own.text == text;
}

void shard_check::expect_no_gap() const {
  if (nested_) return;
  constexpr std::size_t most_named = 10;
  std::int64_t missing = 0, begin = 0;
  std::vector<std::int64_t> first;
  for (const auto& [from, to] : met_) {
    missing += from - begin;
    for (std::int64_t order = begin; order < from && first.size() < most_named; ++order) first.push_back(order);
    begin = to;
  }
  missing -= explained_;
  if (missing <= 0) return;
  const std::string which = explained_ > 0 ? ""
                                           : fmt::format(": {}{}", fmt::join(first, ", "),
                                                         missing > std::int64_t(first.size()) ? ", ..." : "");
  throw error(
      "E_INCOMPLETE",
      fmt::format("{} of the orders 0 to {} are in no input{}; a shard is missing or cut (--any merges what is there)",
                  missing, begin - 1, which),
      blame::request);
}

void shard_check::expect_same_steps() const {
  const std::size_t none = steps_.size();
  std::size_t first = none;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (!steps_[i].text || !steps_[i].one) continue;
    if (first == none) first = i;
    if (*steps_[i].text != *steps_[first].text)
      throw error("E_SHARDS",
                  fmt::format("{} and {} were not made by the same programs, versions and options; --any merges them",
                              names_[first], names_[i]),
                  blame::request);
  }
}

}  // namespace medvision
