// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/loop.hpp"

#include <exception>
#include <utility>

#include "cli/runtime/stream.hpp"

namespace medvision::cli {

std::unique_ptr<in_hand> next_in_hand(session& s, const std::function<std::optional<task>()>& next) {
  if (s.stopped()) return nullptr;
  std::unique_ptr<task_in_hand> held;
  try {
    if (std::optional<task> t = next()) {
      held = std::make_unique<task_in_hand>(std::move(*t));
      s.enter(held->its);
    }
  } catch (...) {
    s.stop(std::current_exception());
    return nullptr;
  }
  return held;
}

int each_task(session& s, const std::function<std::optional<task>()>& next, const std::function<void(task&)>& work) {
  const auto do_work = [&](task& t) {
    s.guard(t, [&] {
      work(t);
      s.finish(t);
    });
  };
  stages st;
  st.next = [&] { return next_in_hand(s, next); };
  st.work = [&](in_hand& h) {
    task& t = task_of(h);
    if (!s.settle_early(t) && !t.waits) do_work(t);
  };
  st.put = [&](in_hand& h) { s.put(task_of(h), do_work); };
  run_ordered(s.jobs(), st);
  return s.conclude();
}

std::optional<task> next_record(intake& in) {
  auto a = in.next();
  if (!a) return std::nullopt;
  return task(std::move(a->r), a->line);
}

}  // namespace medvision::cli
