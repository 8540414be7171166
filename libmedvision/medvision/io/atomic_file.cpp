// SPDX-License-Identifier: Apache-2.0
// Write aside, flush, name: every return value looked at.
#include "medvision/io/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr std::size_t most_gathered = std::size_t{1} << 16;

/// Of a process and a number no other file of it has. A killed process of this number, as in a container that begins
/// anew, may have left one.
std::string own_hidden_name(const std::string& path) {
  static std::atomic<unsigned> count{0};
  const std::size_t slash = path.rfind('/') + 1;
  // The name is shortened so that the hidden one stays below the 255 bytes a name may have.
  return fmt::format("{}.{}.{}.{}.tmp", path.substr(0, slash), path.substr(slash, 200), ::getpid(), count++);
}

std::string descriptor_path(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

int open_unnamed(const std::string& folder) {
  // Without /proc an unnamed file could never be given its name.
  if (::access("/proc/self/fd", X_OK) != 0) return errno = EOPNOTSUPP, -1;
  return ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
}

}  // namespace

void atomic_file::fail(const char* doing, int code) const {
  throw error("E_WRITE", fmt::format("{}: cannot {}: {}", path_, doing, std::strerror(code)), blame::environment);
}

atomic_file::atomic_file(std::string path) : path_(std::move(path)) {
  const std::size_t slash = path_.rfind('/');
  folder_ = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  if (slash + 1 == path_.size() || path_.empty()) fail("be written", EISDIR);
  fd_ = open_unnamed(folder_);
  // EISDIR and ENOENT are what kernels and file systems without O_TMPFILE may answer.
  if (fd_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT || errno == EINVAL)) {
    do {
      temporary_ = own_hidden_name(path_);
      fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (fd_ < 0 && errno == EEXIST);
    if (fd_ < 0) temporary_.clear();
  }
  if (fd_ < 0) fail("be written", errno);
}

atomic_file::~atomic_file() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void atomic_file::write(const void* data, std::size_t size) {
  if (gathered_.size() + size > most_gathered) flush();
  if (size > most_gathered) return write_at(size_, data, size);
  gathered_.append(static_cast<const char*>(data), size);
  size_ += size;
}

void atomic_file::flush() {
  if (gathered_.empty()) return;
  const std::string bytes = std::exchange(gathered_, {});
  write_at(size_ - bytes.size(), bytes.data(), bytes.size());
}

void atomic_file::write_at(std::size_t offset, const void* data, std::size_t size) {
  flush();
  const auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::pwrite(fd_, bytes, size, off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("be written", n < 0 ? errno : ENOSPC);
    bytes += n, size -= std::size_t(n), offset += std::size_t(n);
    size_ = std::max(size_, offset);
  }
}

/// A name of its own, so that no other file can be renamed in its place; one that a killed process of this number left
/// is passed over.
void atomic_file::link_aside() {
  do {
    temporary_ = own_hidden_name(path_);
    if (::linkat(AT_FDCWD, descriptor_path(fd_).c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) == 0) return;
  } while (errno == EEXIST);
  const int code = errno;
  temporary_.clear();
  fail("be named", code);
}

void atomic_file::commit() {
  flush();
  int status = 0;
  do status = ::fdatasync(fd_);
  while (status != 0 && errno == EINTR);
  if (status != 0 && errno != EINVAL && errno != ENOSYS) fail("be flushed to disk", errno);
  if (temporary_.empty()) {
    if (::linkat(AT_FDCWD, descriptor_path(fd_).c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      if (errno != EEXIST) fail("be named", errno);
      link_aside();
    }
  }
  if (!temporary_.empty()) {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("be named", errno);
    temporary_.clear();
  }
  // Some network file systems tell of a full disk only here.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) fail("be closed", errno);
}

void write_file(const std::string& path, std::string_view bytes) {
  atomic_file file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace medvision
