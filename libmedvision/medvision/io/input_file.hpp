// SPDX-License-Identifier: Apache-2.0
// Reading a file that somebody else wrote: regular files only, so that a pipe, a device or a folder can never hang or
// flood the reader, and at any place, so that no codec needs the whole file in memory.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace medvision {

/// An open regular file with a position and a 64 KiB buffer. Not for two threads at once.
class input_file {
 public:
  /// Throws E_MISSING (absent, or not a regular file: says what it is), E_READ (no permission: item; too many open
  /// files: environment). The sentences name the path; those of read() do not.
  explicit input_file(std::string path);
  ~input_file();
  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Bytes, when it was opened.
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  void seek(std::size_t offset) { position_ = offset; }

  /// Copies up to `size` bytes and moves on. Returns how many; fewer only at the end of the file. Throws E_READ.
  std::size_t read(void* to, std::size_t size);
  /// One byte, or -1 at the end.
  int get();

 private:
  std::size_t read_direct(void* to, std::size_t size, std::size_t offset) const;

  std::string path_;
  int fd_ = -1;
  std::size_t size_ = 0, position_ = 0, buffer_start_ = 0, buffer_size_ = 0;
  std::unique_ptr<unsigned char[]> buffer_;
};

}  // namespace medvision
