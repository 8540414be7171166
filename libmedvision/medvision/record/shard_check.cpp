// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/shard_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "medvision/error.hpp"
#include "medvision/record/merge.hpp"

namespace medvision {
namespace {

constexpr std::int64_t largest = std::int64_t{1} << 53;  // beyond it no number of a line is exact
constexpr std::size_t most_lists = 16;                   // of an input: from there on it is said to hold any

// Not of the same run: other options or versions of the same programs, or other programs up to the last.
bool are_other(const std::string& a, const std::string& b) {
  if (a == b) return false;
  const auto list = [](const std::string& text) {
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    return parsed.is_array() ? parsed : nlohmann::json::array();
  };
  const auto programs = [](const nlohmann::json& steps) {
    std::vector<nlohmann::json> names;
    for (const auto& step : steps) names.push_back(step.is_object() ? step.value("by", nlohmann::json()) : step);
    return names;
  };
  const nlohmann::json first = list(a), second = list(b);
  if (programs(first) == programs(second)) return true;
  return first.empty() || second.empty() || first.back() != second.back();
}

// Of groups, of patches and of what stands on pages nobody knows how many cases there were.
bool is_uncounted(const record& r, const std::vector<std::int64_t>& order) {
  constexpr std::string_view fold = R"("by":"med-fuse")", page = R"("by":"med-sheet")";
  const std::string steps = r.text("steps").value_or("");
  const std::size_t at = steps.find(fold);
  return order.size() > 1 || steps.find(page) != std::string::npos ||
         (at != std::string::npos && steps.find(fold, at + 1) != std::string::npos);
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
  const std::vector<std::int64_t> order = order_of(r);
  const bool placed = !order.empty() && order[0] >= 0 && order[0] < largest;
  const bool fresh = placed && insert(order[0]);
  // The first member failed and has its order too, or the group alone has it.
  const std::int64_t members = members_of(r);
  uncounted_ = uncounted_ || (members > 0 && is_uncounted(r, order));
  explained_ += std::max<std::int64_t>(0, members - (fresh ? 1 : 0));
  if (!placed) ++explained_;
  std::vector<std::string>& lists = steps_[input];
  if (r.failed() || lists.size() == most_lists) return;
  std::string text = r.text("steps").value_or("");
  if (std::find(lists.rbegin(), lists.rend(), text) == lists.rend()) lists.push_back(std::move(text));
}

void shard_check::expect_no_gap() const {
  if (uncounted_) return;
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
  const auto holds = [](const std::vector<std::string>& lists, const std::string& one) {
    return std::find(lists.begin(), lists.end(), one) != lists.end();
  };
  std::map<std::string, std::size_t> alone;  // lists that are an input's only one, and the first such input
  for (std::size_t i = 0; i < steps_.size(); ++i)
    if (steps_[i].size() == 1) alone.emplace(steps_[i][0], i);
  const auto met_together = [&](const std::string& a, const std::string& b) {
    return std::any_of(steps_.begin(), steps_.end(), [&](const auto& lists) {
      return lists.size() == most_lists || (holds(lists, a) && holds(lists, b));
    });
  };
  for (const auto& [a, first] : alone)
    for (const auto& [b, second] : alone)
      if (first < second && are_other(a, b) && !met_together(a, b))
        throw error("E_SHARDS",
                    fmt::format("{} and {} were not made by the same programs, versions and options; --any merges them",
                                names_[first], names_[second]),
                    blame::request);
}

}  // namespace medvision
