// SPDX-License-Identifier: Apache-2.0
// Stages around one that runs alone and wants every processor for itself: reading and writing overlap it.
#pragma once

#include <condition_variable>
#include <exception>
#include <list>
#include <memory>
#include <mutex>

#include "cli/runtime/stream.hpp"

namespace medvision::cli {

/// run_ordered for stages with `alone`, which is called on the thread that calls run(). Plain threads and no task
/// engine: OpenCV shares a forward pass among that engine's threads, and finds none free where a pipeline of it holds
/// them.
class staged_run {
 public:
  staged_run(int jobs, const stages& s) : jobs_(jobs), stages_(s) {}
  void run();

 private:
  enum class state { working, ready, passed, finishing, finished };
  struct item {
    std::unique_ptr<in_hand> thing;
    state at = state::working;
  };
  using lock = std::unique_lock<std::mutex>;

  void help();
  void pass_all();
  [[nodiscard]] item* first(state at);
  void take_next(lock& l);
  void finish(lock& l, item& i);
  void put_ready(lock& l);
  void guard(void (staged_run::*part)());

  int jobs_;
  const stages& stages_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<item> items_;  ///< in order; the first is the next to be put
  bool ended_ = false, reading_ = false, putting_ = false;
  std::exception_ptr problem_;
};

}  // namespace medvision::cli
