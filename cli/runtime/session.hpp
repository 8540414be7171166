// SPDX-License-Identifier: Apache-2.0
// One run of a program: its tasks, the files they claim, the journal, and what is told and written of each.
#pragma once

#include <sys/types.h>

#include <any>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "cli/runtime/command.hpp"
#include "cli/runtime/intake.hpp"
#include "cli/runtime/journal.hpp"
#include "cli/runtime/ledger.hpp"
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
  std::vector<std::string> lines;    ///< outputs that stand as they will be printed; none has failed
  std::vector<page_part> parts;      ///< of a page: what of its inputs stands on it
  std::optional<record> stands_for;  ///< of a fold: the parent or group that fails when the work does
  std::int64_t line = 0;
  std::string key;
  std::vector<claim> claims;
  std::unordered_set<std::string> claimed;  ///< their paths: a picture may have a hundred thousand patches
  std::any between;                         ///< of a staged verb
  bool settled = false;                     ///< outputs stand: passed on, replayed or failed
  bool finished = false;                    ///< work was done now: belongs into the journal
  std::int64_t place = -1;                  ///< in the run, from 0
  bool waits = false;                       ///< worked on in its turn only: a neighbour may write the same files
  std::vector<std::string> reads;           ///< the files its inputs name
  std::vector<std::string> also_read;       ///< files that they do not name
  std::vector<std::string> replayed;        ///< files that the journal proved to be there
  std::vector<std::pair<std::string, std::string>> warnings;  ///< id and sentence; told in their turn
  std::exception_ptr fatal;                                   ///< what ends the run when its turn comes
};

struct task_in_hand : in_hand {
  explicit task_in_hand(task of) : its(std::move(of)) {}
  task its;
};
inline task& task_of(in_hand& h) { return static_cast<task_in_hand&>(h).its; }

/// All of `text` to standard output. Throws E_WRITE (environment).
void write_out(std::string_view text);

class session {
 public:
  /// Opens the journal when there is an --out. Throws error (request, environment).
  explicit session(command& program);

  command& program() { return program_; }
  progress& told() { return told_; }
  [[nodiscard]] shard part() const { return part_; }
  /// As with_session settled them, 1 at least.
  [[nodiscard]] int jobs() const;

  /// Once for each task, in order, before anything else is done with it.
  void enter(task& t);
  /// Nothing more is to be taken in: the run ends once what was taken before is put out.
  void stop(std::exception_ptr why);
  [[nodiscard]] bool stopped() const { return stopped_; }
  /// At the end: rethrows what ended the run, else the status.
  [[nodiscard]] int conclude() const;

  void add_step(record& r) const;
  /// True when nothing is left to do: a failed record passed on, or a result replayed from the journal.
  bool settle_early(task& t);
  /// The work is done: outputs get their step.
  void finish(task& t) const;

  /// Runs `work`; what it throws fails the task's record and takes its files back. Blame on the request or the
  /// environment is kept in the task and ends the run in its turn, so that the records before it come out whatever
  /// --jobs is.
  void guard(task& t, const std::function<void()>& work);

  /// Tells, writes and journals, in order. `late` does the work of a task that had to wait.
  void put(task& t, const std::function<void(task&)>& late);
  /// Returns the line that was written.
  std::string put(const record& r, std::int64_t line, bool told_before);

  std::string claim_product(task& t, const record& r, std::string_view name, std::string_view extension);

 private:
  [[nodiscard]] std::string settings() const;
  void put_line(const std::string& line, bool failed);
  void fail(task& t, std::string_view code, std::string_view what) const;
  void take_back(task& t);
  void hold_replayed(task& t);
  void put_in_turn(task& t, const std::function<void(task&)>& late);

  command& program_;
  progress told_;
  shard part_;
  std::unique_ptr<journal> journal_;
  ledger ledger_;
  std::int64_t places_ = 0;
  bool any_failed_ = false;
  std::atomic<bool> stopped_{false};
  std::exception_ptr end_;        ///< of a task, met in its turn, or of putting out: what comes after is dropped
  std::exception_ptr input_end_;  ///< of the input: what came before it is put out
};

class task_context : public context {
 public:
  task_context(session& s, task& t) : session_(s), task_(t) {}
  std::string product(const record& r, std::string_view name, std::string_view extension) override;
  std::string picture(const record& r, std::string_view word) override;
  std::string output_name(const record& r, std::string_view name) override;
  void reads(const std::string& path) override { task_.also_read.push_back(path); }
  void warn(const record& r, std::string_view sentence) override;
  bool attempt(const record& r, const std::function<void()>& part) override;

 private:
  session& session_;
  task& task_;
};

}  // namespace medvision::cli
