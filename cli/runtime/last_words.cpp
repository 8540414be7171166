// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/last_words.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

namespace medvision::cli {
namespace {

constexpr std::size_t reserve_bytes = std::size_t{1} << 20;  // pages that are never touched cost nothing
std::atomic<void*> reserve{nullptr};

// One line, whatever other threads meet meanwhile; nothing here takes memory.
[[noreturn]] void say(const char* why) {
  static std::atomic<bool> said{false};
  if (said.exchange(true))
    for (;;) pause();
  char line[512];
  const int size = std::snprintf(line, sizeof line, "%s: %s\n", program_invocation_short_name, why);
  [[maybe_unused]] const auto n = write(2, line, std::min(std::size_t(size), sizeof line - 1));
  _exit(3);
}

// Returning means: try again.
void no_memory() {
  if (void* held = reserve.exchange(nullptr)) return std::free(held);
  void* again = std::malloc(reserve_bytes);
  if (again == nullptr) say("no memory is left");
  if (void* other = reserve.exchange(again)) std::free(other);
  throw std::bad_alloc();
}

[[noreturn]] void uncaught() noexcept {
  try {
    if (const auto e = std::current_exception()) std::rethrow_exception(e);
  } catch (const std::bad_alloc&) {
    say("no memory is left");
  } catch (const std::exception& e) {
    say(e.what());
  } catch (...) {
  }
  std::abort();
}

}  // namespace

last_words::last_words() {
  reserve = std::malloc(reserve_bytes);
  std::set_new_handler(no_memory);
  std::set_terminate(uncaught);
}

}  // namespace medvision::cli
