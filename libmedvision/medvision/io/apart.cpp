// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/apart.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <new>

#include "medvision/error.hpp"

namespace medvision {
namespace {

using fate = apart_outcome::fate;

/// Shared with the child, in front of the result. Its fate is told here and not by the exit status, which nobody gets
/// to see where SIGCHLD is ignored; who tells nothing has died.
struct shared_head {
  std::atomic<fate> what{fate::died};
  char words[401] = "";
};
constexpr std::size_t head_size = 512;
static_assert(sizeof(shared_head) <= head_size && std::atomic<fate>::is_always_lock_free);

class shared_memory {
 public:
  explicit shared_memory(std::size_t size)
      : size_(head_size + size), at_(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (at_ == MAP_FAILED)
      throw error("E_NOMEM", "there is not enough memory for a process that decodes", blame::environment);
    new (at_) shared_head;
  }
  ~shared_memory() { munmap(at_, size_); }
  shared_memory(const shared_memory&) = delete;
  shared_memory& operator=(const shared_memory&) = delete;

  [[nodiscard]] shared_head& head() const { return *static_cast<shared_head*>(at_); }
  [[nodiscard]] std::span<unsigned char> result() const {
    return {static_cast<unsigned char*>(at_) + head_size, size_ - head_size};
  }

 private:
  std::size_t size_;
  void* at_;
};

std::int64_t bytes_mapped() {
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

void limit(__rlimit_resource what, std::int64_t soft, std::int64_t hard) {
  const rlimit both{rlim_t(soft), rlim_t(hard)};
  setrlimit(what, &both);
}

[[noreturn]] void be_the_child(const shared_memory& memory, const apart_limits& limits, pid_t parent,
                               const std::function<std::string(std::span<unsigned char>)>& work) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  for (const int deadly : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGXCPU, SIGTERM, SIGINT}) signal(deadly, SIG_DFL);
  std::set_terminate([] { _exit(1); });
  if (const int nothing = open("/dev/null", O_WRONLY); nothing >= 0) dup2(nothing, STDERR_FILENO);
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1);  // SIGXCPU, then SIGKILL
#ifndef __SANITIZE_ADDRESS__                                      // which maps terabytes
  const std::int64_t most = bytes_mapped() + limits.memory;
  limit(RLIMIT_AS, most, most);
#endif
  fate what = fate::refused;
  std::string words;
  try {
    words = work(memory.result());
    if (words.empty()) what = fate::done;
  } catch (const std::bad_alloc&) {
    what = fate::out_of_memory;
  } catch (const std::exception& e) {
    words = e.what();
  }
  std::strncpy(memory.head().words, words.c_str(), sizeof memory.head().words - 1);
  memory.head().what = what;
  _exit(0);
}

/// What ended it, as far as that can be seen from here.
struct end_seen {
  bool late = false;
  int signal = 0;
};

end_seen wait_for(pid_t child, int seconds) {
  const int handle = int(syscall(SYS_pidfd_open, child, 0));
  bool late = false;
  if (handle >= 0) {
    pollfd watched{handle, POLLIN, 0};
    int ready = -1;
    do ready = poll(&watched, 1, seconds * 1000);
    while (ready < 0 && errno == EINTR);
    late = ready == 0;
    if (late) kill(child, SIGKILL);
    close(handle);
  }
  int status = 0;
  pid_t ended = -1;
  do ended = waitpid(child, &status, 0);
  while (ended < 0 && errno == EINTR);
  return {late, ended == child && WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

/// True when what this process may have at most is less: then running out of it is no fault of the work.
bool is_short_of(__rlimit_resource what, std::int64_t wanted) {
  rlimit now{};
  return getrlimit(what, &now) == 0 && now.rlim_max != RLIM_INFINITY && now.rlim_max < rlim_t(wanted);
}

}  // namespace

apart_outcome run_apart(std::size_t size, const apart_limits& limits,
                        const std::function<std::string(std::span<unsigned char> result)>& work) {
  const shared_memory memory(size);
  const pid_t parent = getpid(), child = fork();
  if (child < 0) throw error("E_NOMEM", "no process can be started that decodes", blame::environment);
  if (child == 0) be_the_child(memory, limits, parent, work);

  const end_seen end = wait_for(child, 10 * std::max(limits.cpu_seconds, 1));
  apart_outcome outcome{memory.head().what, memory.head().words, {}};
  if (outcome.what == fate::done) outcome.result.assign(memory.result().begin(), memory.result().end());
  const bool starved = is_short_of(RLIMIT_CPU, limits.cpu_seconds + 1);  // SIGKILL ends it then
  if (outcome.what == fate::died && !end.late && (end.signal == SIGKILL || (end.signal == SIGXCPU && starved)))
    throw error("E_KILLED",
                fmt::format("the process that decodes was ended from outside by signal {}: {}", end.signal,
                            starved ? "processor time is limited" : "is there too little memory?"),
                blame::environment);
  if (outcome.what == fate::died && (end.late || end.signal == SIGXCPU)) outcome.what = fate::late;
  if (outcome.what == fate::out_of_memory && is_short_of(RLIMIT_AS, bytes_mapped() + limits.memory))
    throw error("E_NOMEM", "there is not enough memory for a process that decodes: address space is limited",
                blame::environment);
  return outcome;
}

}  // namespace medvision
