// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/stream.hpp"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/runtime/ordered_run.hpp"

namespace medvision::cli {
namespace {

void* wait_for(void* gate) {
  const std::lock_guard lock(*static_cast<std::mutex*>(gate));
  return nullptr;
}

bool address_space_is_limited() {
  rlimit limit{};
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

// How many threads beside this one can be alive at once, up to `wanted`.
int count_startable(int wanted) {
  constexpr std::size_t spare = std::size_t{64} << 20, stack = std::size_t{8} << 20;
  void* kept = mmap(nullptr, spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (kept == MAP_FAILED) return 0;
  std::vector<pthread_t> threads;
  threads.reserve(std::size_t(wanted));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack);
  {
    std::mutex gate;
    std::unique_lock closed(gate);
    pthread_t one{};
    while (int(threads.size()) < wanted && pthread_create(&one, &attributes, wait_for, &gate) == 0)
      threads.push_back(one);
    closed.unlock();
    for (const pthread_t t : threads) pthread_join(t, nullptr);
  }
  pthread_attr_destroy(&attributes);
  munmap(kept, spare);
  return int(threads.size());
}

// The engine makes its threads when it first has work for them, which is too late when pictures have taken the memory.
void start_all(int threads) {
  std::atomic<int> there{0};
  const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  tbb::task_arena arena{threads};
  arena.execute([&] {
    tbb::parallel_for(
        0, threads,
        [&](int) {
          ++there;
          while (there < threads && std::chrono::steady_clock::now() < latest) std::this_thread::yield();
        },
        tbb::simple_partitioner{});
  });
}

}  // namespace

struct thread_limit::state {
  int threads = 1, engine_threads = 1;
  std::optional<tbb::global_control> engine;
};

thread_limit::thread_limit(int wanted, bool engine, int ours) {
  const bool limited = address_space_is_limited();
  // Else each thread's first allocation reserves 64 MiB, at a time of its own.
  if (limited) mallopt(M_ARENA_MAX, 1);
  const int startable = 1 + count_startable(std::max(wanted, 1) - 1);
  state_ = std::make_unique<state>();
  state_->threads = startable;
  if (!engine) return;
  state_->engine_threads = std::max(1, startable - ours);
  state_->engine.emplace(tbb::global_control::max_allowed_parallelism, std::size_t(state_->engine_threads));
  if (limited || startable < wanted) start_all(state_->engine_threads);
}
thread_limit::~thread_limit() {
  // TBB waits for its workers, for ever if one could not be made: on the way out of a run that failed, nobody waits.
  if (std::uncaught_exceptions() > 0) static_cast<void>(state_.release());
}
int thread_limit::threads() const { return state_->threads; }
int thread_limit::engine_threads() const { return state_->engine_threads; }

int available_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  std::ifstream limit("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (limit >> quota >> period && quota != "max" && period > 0)
    n = std::min(n, int(std::ceil(std::strtod(quota.c_str(), nullptr) / period)));
  return std::max(n, 1);
}

int jobs_of(int said) { return said > 0 ? said : available_processors(); }

int threads_of(int jobs, bool engine) { return engine ? jobs + 2 + available_processors() : jobs; }

void run_ordered(int jobs, const stages& s) { ordered_run(jobs, s).run(); }

}  // namespace medvision::cli
