// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/ordered_run.hpp"

#include <malloc.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace medvision::cli {

ordered_run::item* ordered_run::first(state at) {
  const auto found = std::find_if(items_.begin(), items_.end(), [at](const item& i) { return i.at == at; });
  return found == items_.end() ? nullptr : &*found;
}

// What the stages throw ends the run; the first of it is what run() throws.
void ordered_run::guard(const std::function<void()>& part) {
  try {
    part();
  } catch (...) {
    const lock l(mutex_);
    if (!problem_) problem_ = std::current_exception();
    changed_.notify_all();
  }
}

void ordered_run::take_next(lock& l) {
  reading_ = true;
  l.unlock();
  auto thing = stages_.next();
  l.lock();
  reading_ = false;
  changed_.notify_all();
  if (!thing) {
    ended_ = true;
    return;
  }
  item& i = items_.emplace_back(item{std::move(thing)});
  l.unlock();
  stages_.work(*i.thing);
  if (!stages_.pass) {
    l.lock();
    i.at = state::finished;
    return put_ready(l);
  }
  const std::optional<std::string> kind = stages_.kind ? stages_.kind(*i.thing) : "";
  l.lock();
  i.at = kind ? state::ready : state::passed;
  i.kind = kind.value_or("");
  changed_.notify_all();
}

void ordered_run::put_ready(lock& l) {
  while (!putting_ && !problem_ && !items_.empty() && items_.front().at == state::finished) {
    putting_ = true;
    l.unlock();
    stages_.put(*items_.front().thing);
    l.lock();
    items_.pop_front();
    putting_ = false;
    changed_.notify_all();
  }
}

void ordered_run::finish(lock& l, item& i) {
  i.at = state::finishing;
  l.unlock();
  stages_.after(*i.thing);
  l.lock();
  i.at = state::finished;
  put_ready(l);
}

// Each helper has one, each lane what passes, and one group more is gathered.
std::size_t ordered_run::most_in_hand() const {
  if (!stages_.pass) return std::size_t(jobs_);
  const std::size_t together = std::size_t(stages_.together), lanes = std::size_t(stages_.lanes);
  return std::size_t(jobs_) + lanes * together + (together > 1 ? together : 0);
}

// What is furthest on comes first, so that little is in hand.
void ordered_run::help() {
  lock l(mutex_);
  while (!problem_) {
    if (item* i = first(state::passed))
      finish(l, *i);
    else if (!ended_ && !reading_ && items_.size() < most_in_hand())
      take_next(l);
    else if (ended_ && items_.empty())
      return;
    else
      changed_.wait(l);
  }
}

// The first kind of which enough are ready; where no more can come, those of the oldest's kind.
std::vector<ordered_run::item*> ordered_run::ready_group() {
  std::map<std::string_view, std::vector<item*>> kinds;
  const item* oldest = nullptr;
  bool more = reading_ || (!ended_ && items_.size() < most_in_hand());
  for (item& i : items_) {
    more = more || i.at == state::working;
    if (i.at != state::ready) continue;
    if (!oldest) oldest = &i;
    std::vector<item*>& alike = kinds[i.kind];
    alike.push_back(&i);
    if (int(alike.size()) == stages_.together) return alike;
  }
  if (more || !oldest) return {};
  return kinds.at(oldest->kind);
}

void ordered_run::pass_all(int lane) {
  lock l(mutex_);
  while (!problem_ && !(ended_ && items_.empty())) {
    const std::vector<item*> group = ready_group();
    if (group.empty()) {
      changed_.wait(l);
      continue;
    }
    std::vector<in_hand*> things;
    for (item* i : group) {
      i->at = state::passing;
      things.push_back(i->thing.get());
    }
    l.unlock();
    stages_.pass(things, lane);
    l.lock();
    for (item* i : group) i->at = state::passed;
    changed_.notify_all();
  }
}

void ordered_run::run() {
  std::vector<std::thread> others;
  others.reserve(std::size_t(jobs_) + std::size_t(stages_.lanes));
  const auto start = [&](const std::function<void()>& part) { others.emplace_back([this, part] { guard(part); }); };
  if (!stages_.pass) {
    try {
      for (int i = 1; i < jobs_; ++i) start([this] { help(); });
    } catch (const std::system_error&) {  // fewer do the same work
    }
    guard([this] { help(); });
  } else {
    // Else the allocator learns from the first large picture to keep freed ones, and holds a sixth more than is in use.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    try {
      for (int i = 0; i < jobs_; ++i) start([this] { help(); });
      for (int lane = 1; lane < stages_.lanes; ++lane) start([this, lane] { pass_all(lane); });
    } catch (const std::system_error&) {
      if (others.empty()) throw;
    }
    guard([this] { pass_all(0); });
  }
  for (std::thread& t : others) t.join();
  if (problem_) std::rethrow_exception(problem_);
}

}  // namespace medvision::cli
