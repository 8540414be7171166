// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/staged_run.hpp"

#include <malloc.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

namespace medvision::cli {

staged_run::item* staged_run::first(state at) {
  const auto found = std::find_if(items_.begin(), items_.end(), [at](const item& i) { return i.at == at; });
  return found == items_.end() ? nullptr : &*found;
}

// What the stages throw ends the run; the first of it is what run() throws.
void staged_run::guard(void (staged_run::*part)()) {
  try {
    (this->*part)();
  } catch (...) {
    const lock l(mutex_);
    if (!problem_) problem_ = std::current_exception();
    changed_.notify_all();
  }
}

void staged_run::take_next(lock& l) {
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
  l.lock();
  i.at = state::ready;
  changed_.notify_all();
}

void staged_run::put_ready(lock& l) {
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

void staged_run::finish(lock& l, item& i) {
  i.at = state::finishing;
  l.unlock();
  stages_.after(*i.thing);
  l.lock();
  i.at = state::finished;
  put_ready(l);
}

// What is furthest on comes first, so that little is in hand.
void staged_run::help() {
  const std::size_t most = std::size_t(jobs_) + 1;  // one is passing, each helper has one: `alone` does not wait
  lock l(mutex_);
  while (!problem_) {
    if (item* i = first(state::passed))
      finish(l, *i);
    else if (!ended_ && !reading_ && items_.size() < most)
      take_next(l);
    else if (ended_ && items_.empty())
      return;
    else
      changed_.wait(l);
  }
}

void staged_run::pass_all() {
  lock l(mutex_);
  while (!problem_ && !(ended_ && items_.empty())) {
    const auto next = std::find_if(items_.begin(), items_.end(),
                                   [](const item& i) { return i.at == state::working || i.at == state::ready; });
    if (next == items_.end() || next->at == state::working) {
      changed_.wait(l);
      continue;
    }
    l.unlock();
    stages_.alone(*next->thing);
    l.lock();
    next->at = state::passed;
    changed_.notify_all();
  }
}

void staged_run::run() {
  // Else the allocator learns from the first large picture to keep freed ones, and holds a sixth more than is in use.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  std::vector<std::thread> helpers;
  try {
    for (int i = 0; i < jobs_; ++i) helpers.emplace_back([this] { guard(&staged_run::help); });
  } catch (const std::system_error&) {
    if (helpers.empty()) throw;  // fewer do the same work
  }
  guard(&staged_run::pass_all);
  for (std::thread& h : helpers) h.join();
  if (problem_) std::rethrow_exception(problem_);
}

}  // namespace medvision::cli
