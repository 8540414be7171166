// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/stream.hpp"

#include <sched.h>
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace medvision::cli {

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

void run_ordered(int jobs, const stages& s) {
  using handle = in_hand*;  // the pipeline copies its tokens; ownership passes hand to hand
  const std::size_t tokens = std::size_t(jobs) + (s.alone ? 2 : 0);
  const int threads = std::max(int(tokens), available_processors());
  tbb::global_control limit(tbb::global_control::max_allowed_parallelism, std::size_t(threads));
  tbb::task_arena arena{int(tokens)};

  const auto input =
      tbb::make_filter<void, handle>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control& flow) -> handle {
        auto item = s.next();
        if (!item) flow.stop();
        return item.release();
      });
  const auto work = tbb::make_filter<handle, handle>(tbb::filter_mode::parallel, [&](handle h) {
    s.work(*h);
    return h;
  });
  const auto put = tbb::make_filter<handle, void>(tbb::filter_mode::serial_in_order, [&](handle h) {
    std::unique_ptr<in_hand> owned(h);
    s.put(*owned);
  });
  if (!s.alone) {
    arena.execute([&] { tbb::parallel_pipeline(tokens, input & work & put); });
    return;
  }
  const auto alone = tbb::make_filter<handle, handle>(tbb::filter_mode::serial_in_order, [&](handle h) {
    s.alone(*h);
    return h;
  });
  const auto after = tbb::make_filter<handle, handle>(tbb::filter_mode::parallel, [&](handle h) {
    s.after(*h);
    return h;
  });
  arena.execute([&] { tbb::parallel_pipeline(tokens, input & work & alone & after & put); });
}

}  // namespace medvision::cli
