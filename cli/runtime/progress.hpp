// SPDX-License-Identifier: Apache-2.0
// Everything said on stderr: one line a failure, one a warning, and on a terminal a progress line that gives way.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace medvision::cli {

class progress {
 public:
  /// With `quiet` only failures are told. `shown`: the progress line also where stderr is no terminal (every 10 s).
  progress(std::string program, bool quiet, bool shown);
  ~progress();
  void failure(std::int64_t line, std::string_view id, std::string_view sentence);
  void warning(std::int64_t line, std::string_view id, std::string_view sentence);
  /// About the run as a whole.
  void note(std::string_view sentence);
  void done(bool failed);

 private:
  void say(const std::string& text);
  void show();
  std::string program_;
  bool quiet_, terminal_, shown_;
  std::int64_t done_ = 0, failed_ = 0;
  bool line_open_ = false;
  std::chrono::steady_clock::time_point start_, last_;
  std::mutex mutex_;
};

}  // namespace medvision::cli
