// SPDX-License-Identifier: Apache-2.0
// Of each input one record in hand, or some that failed and the one behind them; the lowest key first.
#include "medvision/record/merge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <iostream>
#include <set>
#include <utility>

#include "medvision/error.hpp"
#include "medvision/record/given_file.hpp"
#include "medvision/record/manifest.hpp"

namespace medvision {
namespace {

using position = std::vector<std::int64_t>;

constexpr std::size_t longest_run = 100'000;  // of failed records that wait for what stands behind them

/// A record of an input. `key` places it: its order, or what it stands ahead of or behind.
struct placed {
  record r;
  position order, key;
  std::int64_t line = 0;
};

}  // namespace

std::vector<std::int64_t> order_of(const record& r) {
  try {
    return r.order();
  } catch (const error&) {
    return {};
  }
}

struct manifest_merger::state {
  struct source {
    std::string name;
    std::unique_ptr<manifest_reader> reader;
    std::deque<placed> run;         // failed records and the one behind them
    position last_key, last_order;  // of what was placed: the largest key, the last order that was not refused
    std::int64_t last_line = 0;
  };

  std::string by;
  std::vector<source> sources;
  std::set<std::pair<position, std::size_t>> waiting;  // the key of each head and its input
  position last;
  std::size_t last_source = 0, given_source = 0;  // of the last order, of the last record
  std::string last_id;
  std::vector<std::unique_ptr<std::ifstream>> files;  // where it opened them itself

  void advance(std::size_t i) {
    source& s = sources[i];
    if (s.run.empty()) read_run(s);
    if (!s.run.empty()) waiting.emplace(s.run.front().key, i);
  }

  // A fold passes failed members on ahead of their group, whose order may be smaller: the group takes them along.
  void read_run(source& s) {
    while (s.run.size() < longest_run) {
      auto r = s.reader->next();
      if (!r) break;
      const position order = order_of(*r);
      s.run.push_back({std::move(*r), order, order, s.reader->line()});
      if (!s.run.back().r.failed()) break;
    }
    const position* least = nullptr;
    for (auto one = s.run.rbegin(); one != s.run.rend(); ++one) {
      if (one->order.empty()) continue;
      if (least && *least < one->key) one->key = *least;
      least = &one->key;
    }
    for (placed& one : s.run) place(s, one);
  }

  // Behind what was placed before, where its order does not say so by itself.
  void place(source& s, placed& one) const {
    const auto refuse = [&](const std::string& why) {
      if (!one.r.failed()) one.r.fail(by, "E_ORDER", fmt::format("line {} of {}: {}", one.line, s.name, why));
    };
    if (one.order.empty())
      refuse("the record has no order, so its place is unknown");
    else if (one.order < s.last_key)
      refuse(fmt::format("its order [{}] stands behind [{}]", fmt::join(one.order, ","), fmt::join(s.last_key, ",")));
    else if (one.order == s.last_order)
      refuse(fmt::format("its order [{}] was met in line {} too", fmt::join(one.order, ","), s.last_line));
    if (!one.r.failed()) s.last_order = one.order, s.last_line = one.line;
    s.last_key = one.key = std::max(s.last_key, one.key);
  }
};

manifest_merger::manifest_merger(const std::vector<named_input>& inputs, std::string by)
    : state_(std::make_unique<state>()) {
  state_->by = std::move(by);
  for (const named_input& in : inputs)
    state_->sources.push_back({in.name, std::make_unique<manifest_reader>(*in.stream, state_->by), {}, {}, {}, 0});
  for (std::size_t i = 0; i < inputs.size(); ++i) state_->advance(i);
}

manifest_merger::manifest_merger(const std::vector<std::string>& paths, std::string by) {
  std::vector<std::unique_ptr<std::ifstream>> files;
  std::vector<named_input> inputs;
  for (const std::string& path : paths) {
    if (path == "-") take_standard_input();
    if (path != "-") files.push_back(std::make_unique<std::ifstream>(open_manifest(path)));
    inputs.push_back({path == "-" ? &std::cin : files.back().get(), path});
  }
  *this = manifest_merger(inputs, std::move(by));
  state_->files = std::move(files);
}

manifest_merger::~manifest_merger() = default;
manifest_merger& manifest_merger::operator=(manifest_merger&&) noexcept = default;

std::optional<record> manifest_merger::next() {
  state& s = *state_;
  if (s.waiting.empty()) return std::nullopt;
  const auto [key, i] = *s.waiting.begin();
  s.waiting.erase(s.waiting.begin());
  state::source& from = s.sources[i];
  placed one = std::move(from.run.front());
  from.run.pop_front();
  const bool met = !one.order.empty() && one.order == s.last && i != s.last_source;
  if (met && one.r.id() == s.last_id)
    throw error("E_DUPLICATE",
                fmt::format("{} and {} both hold '{}': a shard is there twice", s.sources[s.last_source].name,
                            from.name, s.last_id),
                blame::request);
  if (met && !one.r.failed())
    one.r.fail(s.by, "E_ORDER",
               fmt::format("line {} of {}: its order [{}] was met in {} too", one.line, from.name,
                           fmt::join(one.order, ","), s.sources[s.last_source].name));
  if (one.order == key) s.last = key, s.last_source = i, s.last_id = one.r.id();
  s.given_source = i;
  s.advance(i);
  return std::move(one.r);
}

std::size_t manifest_merger::last_input() const { return state_->given_source; }

}  // namespace medvision
