// SPDX-License-Identifier: Apache-2.0
// One run of a program: its tasks, the files they claim, the journal, and what is told and written of each.
#pragma once

#include <sys/types.h>

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "cli/runtime/command.hpp"
#include "cli/runtime/intake.hpp"
#include "cli/runtime/journal.hpp"
#include "cli/runtime/progress.hpp"
#include "cli/runtime/run.hpp"
#include "cli/runtime/stream.hpp"

namespace medvision::cli {

/// A file as it was when its name was claimed, so that only what this run wrote is taken back.
struct claim {
  std::string path;
  bool there = false;
  ino_t inode = 0;
};

/// One unit of work: what came in, what came out, what was written on the way.
struct task {
  task() = default;
  task(record r, std::int64_t at_line) : line(at_line) { inputs.push_back(std::move(r)); }

  std::vector<record> inputs, outputs;
  std::optional<record> stands_for;  ///< of a fold: the parent or group that fails when the work does
  std::int64_t line = 0;
  std::string key;
  std::vector<claim> claims;
  std::unordered_set<std::string> claimed;  ///< their paths: a picture may have a hundred thousand patches
  std::any between;                         ///< of a staged verb
  bool settled = false;                     ///< outputs stand: passed on, replayed or failed
  bool finished = false;                    ///< work was done now: belongs into the journal
};

struct batch : in_hand {
  std::vector<task> tasks;
};

/// All of `text` to standard output. Throws E_WRITE (environment).
void write_out(std::string_view text);

class session {
 public:
  /// Opens the journal when there is an --out. Throws error (request, environment).
  explicit session(command& program);

  command& program() { return program_; }
  progress& told() { return told_; }
  [[nodiscard]] shard part() const { return part_; }
  [[nodiscard]] int jobs() const;
  [[nodiscard]] int status() const { return any_failed_ ? 1 : 0; }

  void add_step(record& r) const;
  /// True when nothing is left to do: a failed record passed on, or a result replayed from the journal.
  bool settle_early(task& t) const;
  /// The work is done: outputs get their step.
  void finish(task& t) const;

  /// Runs `work`; what it throws fails the task's record and takes its files back. Blame on the request or the
  /// environment goes through and ends the run.
  void guard(task& t, const std::function<void()>& work) const;

  /// Tells, writes and journals, in order.
  void put(batch& b);
  void put(const record& r, std::int64_t line, bool told_before);

  std::string claim_product(task& t, const record& r, std::string_view name, std::string_view extension);

 private:
  [[nodiscard]] std::string settings() const;
  void fail(task& t, std::string_view code, std::string_view what) const;

  command& program_;
  progress told_;
  shard part_;
  std::unique_ptr<journal> journal_;
  bool any_failed_ = false;
};

class task_context : public context {
 public:
  task_context(session& s, task& t) : session_(s), task_(t) {}
  std::string product(const record& r, std::string_view name, std::string_view extension) override;
  std::string picture(const record& r, std::string_view word) override;
  std::string output_name(const record& r, std::string_view name) override;
  void warn(const record& r, std::string_view sentence) override;

 private:
  session& session_;
  task& task_;
};

}  // namespace medvision::cli
