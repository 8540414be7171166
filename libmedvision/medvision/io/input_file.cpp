// SPDX-License-Identifier: Apache-2.0
// Regular files, read by pread through one buffer.
#include "medvision/io/input_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr std::size_t buffer_bytes = 65536;

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

blame who_must_act(int code) {
  return code == EMFILE || code == ENFILE || code == ENOMEM ? blame::environment : blame::item;
}

}  // namespace

input_file::input_file(std::string path) : path_(std::move(path)) {
  // Without O_NONBLOCK the open of a pipe would wait for a writer.
  do fd_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  while (fd_ < 0 && errno == EINTR);
  if (fd_ < 0) {
    const int code = errno;
    const bool absent = code == ENOENT || code == ENOTDIR || code == ENXIO || code == ELOOP || code == ENAMETOOLONG;
    throw error(absent ? "E_MISSING" : "E_READ", fmt::format("{}: {}", path_, std::strerror(code)), who_must_act(code));
  }
  struct stat status {};
  if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd_);
    throw error("E_MISSING", fmt::format("{}: is {}, expected a regular file", path_, kind_of(status.st_mode)));
  }
  size_ = std::size_t(status.st_size);
}

input_file::~input_file() { ::close(fd_); }

std::size_t input_file::read_direct(void* to, std::size_t size, std::size_t offset) const {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::pread(fd_, static_cast<char*>(to) + done, size - done, off_t(offset + done));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw error("E_READ", fmt::format("cannot be read: {}", std::strerror(errno)), who_must_act(errno));
    done += std::size_t(n);
  }
  return done;
}

std::size_t input_file::read(void* to, std::size_t size) {
  auto* out = static_cast<unsigned char*>(to);
  std::size_t done = 0;
  while (done < size) {
    if (position_ >= buffer_start_ && position_ < buffer_start_ + buffer_size_) {
      const std::size_t from = position_ - buffer_start_;
      const std::size_t n = std::min(size - done, buffer_size_ - from);
      std::memcpy(out + done, buffer_.get() + from, n);
      done += n, position_ += n;
      continue;
    }
    if (size - done >= buffer_bytes) {
      const std::size_t n = read_direct(out + done, size - done, position_);
      position_ += n;
      return done + n;
    }
    if (!buffer_) buffer_.reset(new unsigned char[buffer_bytes]);
    buffer_size_ = 0;
    buffer_size_ = read_direct(buffer_.get(), buffer_bytes, position_);
    buffer_start_ = position_;
    if (buffer_size_ == 0) break;
  }
  return done;
}

int input_file::get() {
  unsigned char byte = 0;
  return read(&byte, 1) == 1 ? byte : -1;
}

}  // namespace medvision
