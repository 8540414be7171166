// SPDX-License-Identifier: Apache-2.0
// A file that appears whole or not at all: written aside in the same folder, flushed to disk, then named.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace medvision {

/// Writes go to a file without a name in the folder of `path`, so that a killed program leaves nothing behind (where
/// the file system has no such files, to the hidden `.<name>.<pid>.<n>.tmp`). commit() flushes and names it,
/// replacing what was there, for a moment by way of such a hidden name; without commit() nothing is left. Every call
/// throws E_WRITE (environment) with the path and the system's words: full disk, quota, read-only, too many files.
/// Mode 0666 less umask. A link at `path` is replaced, not followed.
class atomic_file {
 public:
  explicit atomic_file(std::string path);
  ~atomic_file();
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  /// Appends. Small pieces are gathered, so that a disk that is full may be met at a later one or by commit().
  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Random access for codecs that patch what they wrote (TIFF directories).
  void write_at(std::size_t offset, const void* data, std::size_t size);
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Once, at the end; no write after it.
  void commit();

 private:
  [[noreturn]] void fail(const char* doing, int code) const;
  void link_aside();

  void flush();

  std::string path_, folder_, temporary_;  ///< temporary_: the name it has now, if any
  std::string gathered_;                   ///< the end of what size_ counts, not written yet
  int fd_ = -1;
  std::size_t size_ = 0;
};

/// One call for bytes in memory.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace medvision
