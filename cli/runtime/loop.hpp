// SPDX-License-Identifier: Apache-2.0
// The one loop under the verbs: tasks in, worked on by several threads, put out in order.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "cli/runtime/intake.hpp"
#include "cli/runtime/session.hpp"

namespace medvision::cli {

/// The next task, entered; null at the end. An input that breaks ends the run after what came before it.
std::unique_ptr<in_hand> next_in_hand(session& s, const std::function<std::optional<task>()>& next);

/// The stream of the verbs without stages: `next` gives tasks, `work` does one. Returns the status.
int each_task(session& s, const std::function<std::optional<task>()>& next, const std::function<void(task&)>& work);

/// A task a record; nothing at the end.
std::optional<task> next_record(intake& in);

}  // namespace medvision::cli
