// SPDX-License-Identifier: Apache-2.0
// A piece of work in a process of its own: some codecs answer a damaged file by ending the process, by running for ever
// or by taking all memory, and one bad file must not cost the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace medvision {

struct apart_limits {
  int cpu_seconds = 60;             ///< of processor time, 1 at least
  std::int64_t memory = 1LL << 30;  ///< bytes beyond what this process has mapped
};

/// What became of the work; result: its bytes, only where it is done.
struct apart_outcome {
  enum class fate { done, refused, died, late, out_of_memory } what = fate::died;
  std::string words;  ///< refused: what the work said, 400 bytes of it at most
  std::vector<unsigned char> result;
};

/// Runs `work` in a forked process. It gets `size` bytes of zeros to fill in and returns "" or why it refused; what
/// else it changes is lost, what it writes to standard error as well. It may use what another thread holds locked only
/// if that comes free in a fork: memory does. Safe on several threads at once.
///   returns  done, refused; died: by a signal or an exit of its own; late: beyond cpu_seconds, or stuck for ten times
///            as long; out_of_memory: std::bad_alloc.
///   throws   (environment) E_NOMEM where no process can be made, or out_of_memory where this process may have less
///            than `limits`; E_KILLED where it was killed by others: the system that needs memory, a limit of
///            processor time below `limits`.
apart_outcome run_apart(std::size_t size, const apart_limits& limits,
                        const std::function<std::string(std::span<unsigned char> result)>& work);

}  // namespace medvision
