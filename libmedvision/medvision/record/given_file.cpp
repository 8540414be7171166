// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/given_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "medvision/error.hpp"

namespace medvision {
namespace {

error unreadable(const std::string& name, int code) {
  const bool shortage = code == EMFILE || code == ENFILE || code == ENOMEM || code == EIO || code == EBADF;
  return {code == ENOENT || code == ENOTDIR ? "E_MISSING" : "E_READ",
          shortage ? fmt::format("{} could not be read: {}", name, std::strerror(code))
                   : fmt::format("{}: {}", name, std::strerror(code)),
          shortage ? blame::environment : blame::request};
}

// Standard input is left open.
class given {
 public:
  explicit given(const std::string& path) : name(path == "-" ? "standard input" : path) {
    if (path == "-") {
      take_standard_input();
      return;
    }
    do fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) throw unreadable(name, errno);
  }
  ~given() {
    if (fd != 0) ::close(fd);
  }
  given(const given&) = delete;
  given& operator=(const given&) = delete;

  std::string name;
  int fd = 0;
};

}  // namespace

void take_standard_input() {
  static std::atomic<bool> taken{false};
  if (taken.exchange(true)) throw error("E_OPTION", "standard input is to be read twice", blame::request);
}

std::string read_given(const std::string& path, std::size_t max_bytes) {
  const given file(path);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) throw unreadable(file.name, errno);
  const char* kind = S_ISDIR(status.st_mode)                                                           ? "a folder"
                     : isatty(file.fd) == 1                                                            ? "a terminal"
                     : S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ? nullptr
                                                                                                       : "a device";
  // /dev/null is the empty file that it is taken for.
  if (kind && !(S_ISCHR(status.st_mode) && status.st_rdev == 0x103))
    throw error("E_MISSING", fmt::format("{}: is {}, expected a file", file.name, kind), blame::request);
  const auto refuse_size = [&] {
    throw error("E_TOO_LARGE", fmt::format("{}: larger than {} bytes", file.name, max_bytes), blame::request);
  };
  const std::size_t known = S_ISREG(status.st_mode) ? std::size_t(status.st_size) : 0;
  if (known > max_bytes) refuse_size();
  std::string text;
  text.reserve(known);
  std::string block(std::size_t{1} << 16, '\0');
  for (;;) {
    const ssize_t n = ::read(file.fd, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw unreadable(file.name, errno);
    if (n == 0) return text;
    if (text.size() + std::size_t(n) > max_bytes) refuse_size();
    text.append(block, 0, std::size_t(n));
  }
}

}  // namespace medvision
