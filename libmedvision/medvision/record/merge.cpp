// SPDX-License-Identifier: Apache-2.0
// One record of each input in hand, the lowest order first.
#include "medvision/record/merge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <tuple>
#include <utility>

#include "medvision/error.hpp"
#include "medvision/record/manifest.hpp"

namespace medvision {
namespace {

using position = std::vector<std::int64_t>;

/// The record at the head of an input. `key` places it; it is the order, or where a record without one stands.
struct head {
  std::optional<record> r;
  position key;
  std::int64_t line = 0;
};

position order_of(const record& r) {
  try {
    return r.order();
  } catch (const error&) {
    return {};  // only a failed record may hold anything there
  }
}

}  // namespace

struct manifest_merger::state {
  struct source {
    std::string name;
    std::unique_ptr<manifest_reader> reader;
    head now;
  };

  std::string by;
  std::vector<source> sources;
  std::set<std::pair<position, std::size_t>> waiting;  // the key of each head and its input
  position last;
  std::size_t last_source = 0;

  void advance(std::size_t i) {
    source& s = sources[i];
    s.now.r = s.reader->next();
    if (!s.now.r) return;
    s.now.line = s.reader->line();
    record& r = *s.now.r;
    const position order = order_of(r);
    const auto refuse = [&](const std::string& why) {
      if (!r.failed()) r.fail(by, "E_ORDER", fmt::format("line {} of {}: {}", s.now.line, s.name, why));
    };
    if (order.empty())
      refuse("the record has no order, so its place is unknown");
    else if (order < s.now.key)
      refuse(fmt::format("its order [{}] stands behind [{}]", fmt::join(order, ","), fmt::join(s.now.key, ",")));
    else
      s.now.key = order;
    waiting.emplace(s.now.key, i);
  }
};

manifest_merger::manifest_merger(const std::vector<named_input>& inputs, std::string by)
    : state_(std::make_unique<state>()) {
  state_->by = std::move(by);
  for (const named_input& in : inputs)
    state_->sources.push_back({in.name, std::make_unique<manifest_reader>(*in.stream, state_->by), {}});
  for (std::size_t i = 0; i < inputs.size(); ++i) state_->advance(i);
}
manifest_merger::~manifest_merger() = default;

std::optional<record> manifest_merger::next() {
  state& s = *state_;
  if (s.waiting.empty()) return std::nullopt;
  const auto [key, i] = *s.waiting.begin();
  s.waiting.erase(s.waiting.begin());
  state::source& from = s.sources[i];
  record r = std::move(*from.now.r);
  const position order = order_of(r);
  if (!order.empty() && order == s.last && i != s.last_source && !r.failed())
    r.fail(s.by, "E_ORDER",
           fmt::format("line {} of {}: its order [{}] was met in {} too", from.now.line, from.name,
                       fmt::join(order, ","), s.sources[s.last_source].name));
  if (order == key) std::tie(s.last, s.last_source) = std::tie(key, i);
  s.advance(i);
  return r;
}

}  // namespace medvision
