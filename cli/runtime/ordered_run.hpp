// SPDX-License-Identifier: Apache-2.0
// The threads under run_ordered.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/runtime/stream.hpp"

namespace medvision::cli {

/// Plain threads and no task engine: where that of OpenCV (oneTBB 2021) cannot start a thread it may wait for it for
/// ever; and OpenCV shares a forward pass among that engine's threads, and would find none free where we held them.
/// The thread that calls run() is one of those that work, or with `pass` the first lane.
class ordered_run {
 public:
  ordered_run(int jobs, const stages& s) : jobs_(jobs), stages_(s) {}
  void run();

 private:
  enum class state { working, ready, passing, passed, finishing, finished };
  struct item {
    std::unique_ptr<in_hand> thing;
    state at = state::working;
    std::string kind = {};
  };
  using lock = std::unique_lock<std::mutex>;

  void help();
  void pass_all(int lane);
  [[nodiscard]] std::size_t most_in_hand() const;
  [[nodiscard]] std::vector<item*> ready_group();
  [[nodiscard]] item* first(state at);
  void take_next(lock& l);
  void finish(lock& l, item& i);
  void put_ready(lock& l);
  void guard(const std::function<void()>& part);

  int jobs_;
  const stages& stages_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<item> items_;  ///< in order; the first is the next to be put
  bool ended_ = false, reading_ = false, putting_ = false;
  std::exception_ptr problem_;
};

}  // namespace medvision::cli
