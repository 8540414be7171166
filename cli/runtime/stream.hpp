// SPDX-License-Identifier: Apache-2.0
// Work in parallel, results in order, memory bounded: the loop under every verb.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace medvision::cli {

/// The processors that affinity and cgroup allow this process, at least 1.
int available_processors();

/// Threads of a --jobs: as many as it says, for 0 the available processors.
int jobs_of(int said);

/// Keeps the number of threads at what this process can start: where none can be made (`ulimit -u`, `ulimit -v`) the
/// engine underneath would end the process by a signal.
class thread_limit {
 public:
  /// Tries `wanted` threads, this one among them, at once and beside 64 MiB. engine: OpenCV shares work among threads
  /// of its own; they get what `ours` others leave, this one at least. Lives as long as work is done.
  thread_limit(int wanted, bool engine, int ours);
  ~thread_limit();
  /// At least 1, at most `wanted`.
  [[nodiscard]] int threads() const;
  /// Those of OpenCV, this one among them.
  [[nodiscard]] int engine_threads() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// One thing in hand. Subclassed by the runtime; stages get it by reference.
struct in_hand {
  virtual ~in_hand() = default;
};

struct stages {
  /// The next thing, or null at the end. Called by one thread at a time, in order.
  std::function<std::unique_ptr<in_hand>()> next;
  /// On up to `jobs` threads at once.
  std::function<void(in_hand&)> work;
  /// What wants a device for itself; may be empty. Things of one kind pass together, `together` of them, or fewer where
  /// no more can come; on `lanes` threads at once, each of which calls it with its number, from 0. Then `after`, on
  /// many threads again.
  std::function<void(std::span<in_hand* const>, int lane)> pass;
  /// Asked once `work` is done; nothing: it does not pass. Empty: all are of one kind.
  std::function<std::optional<std::string>(const in_hand&)> kind;
  int lanes = 1, together = 1;
  std::function<void(in_hand&)> after;
  /// One at a time, in the order of next().
  std::function<void(in_hand&)> put;
};

/// Threads a run of `jobs` things in hand asks for: one each, and where OpenCV shares the work of one thing among
/// threads of its own, those and two for what waits around `pass`. Fewer, and the forward passes find them all taken.
int threads_of(int jobs, bool engine);

/// Runs until next() gives null or a stage throws (the first exception is rethrown, what was in hand is dropped).
/// At most `jobs` things are worked on at once; with `pass` more are in hand, so that it never waits for its
/// neighbours: as many as pass on all lanes, and as many again as one of them takes.
void run_ordered(int jobs, const stages& s);

}  // namespace medvision::cli
