// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace medvision::cli {
namespace {

// A file name may hold anything; a terminal must not obey it.
std::string printable(std::string_view text) {
  std::string out;
  for (unsigned char c : text) out += c < 0x20 || c == 0x7f ? '?' : char(c);
  return out;
}

}  // namespace

progress::progress(std::string program, bool quiet, bool shown)
    : program_(std::move(program)),
      quiet_(quiet),
      terminal_(isatty(2) != 0),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {
  const char* term = std::getenv("TERM");
  if (term && std::string_view(term) == "dumb") terminal_ = false;
  shown_ = !quiet && (terminal_ || shown);
}

progress::~progress() {
  if (line_open_) say("");
}

// stderr may be closed or full: what cannot be told there must not stop the work.
void progress::say(const std::string& text) {
  std::string all = line_open_ ? "\r\033[K" : "";
  line_open_ = false;
  if (!text.empty()) all += text + "\n";
  [[maybe_unused]] const auto n = write(2, all.data(), all.size());
}

void progress::failure(std::int64_t line, std::string_view id, std::string_view sentence) {
  const std::lock_guard lock(mutex_);
  say(fmt::format("{}: line {}: {}: {}", program_, line, printable(id), printable(sentence)));
}

void progress::warning(std::int64_t line, std::string_view id, std::string_view sentence) {
  if (quiet_) return;
  const std::lock_guard lock(mutex_);
  say(fmt::format("{}: line {}: {}: warning: {}", program_, line, printable(id), printable(sentence)));
}

void progress::note(std::string_view sentence) {
  if (quiet_) return;
  const std::lock_guard lock(mutex_);
  say(fmt::format("{}: warning: {}", program_, printable(sentence)));
}

void progress::done(bool failed) {
  const std::lock_guard lock(mutex_);
  ++done_;
  failed_ += failed;
  if (shown_) show();
}

void progress::show() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000))) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const std::string text =
      fmt::format("{}: {} done, {} failed, {:.1f}/s", program_, done_, failed_, double(done_) / seconds);
  if (!terminal_) return say(text);
  const std::string line = "\r\033[K" + text;
  line_open_ = write(2, line.data(), line.size()) > 0;
}

}  // namespace medvision::cli
