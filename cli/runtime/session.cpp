// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/session.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <opencv2/core.hpp>

#include "cli/runtime/document.hpp"
#include "medvision/error.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/record/file_name.hpp"

namespace medvision::cli {
namespace {

ino_t inode_of(const std::string& path, bool& there) {
  struct stat s {};
  there = lstat(path.c_str(), &s) == 0;
  return there ? s.st_ino : 0;
}

const record& blamed(const task& t) { return t.stands_for ? *t.stands_for : t.inputs.front(); }

error out_of_memory(const task& t) {
  return {"E_NOMEM", fmt::format("no memory is left for '{}'", blamed(t).id()), blame::environment};
}

std::string taken(const std::string& path) {
  return fmt::format("{} was written for an earlier record of this run; another id, or --as, keeps them apart", path);
}

std::string read_by_other(const std::string& path) {
  return fmt::format("{} is named as input by another record and is never written", path);
}

// A record's own name may be one that no file can have; that is no fault of the disk.
void check_file_name(const std::string& out, const std::string& path) {
  for (std::size_t begin = out.size() + (out.ends_with('/') ? 0 : 1); begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end - begin > 255)
      throw error("E_ID", fmt::format("a file would be named '{}…' with {} bytes, 255 are allowed",
                                      path.substr(begin, 40), end - begin));
    const std::string so_far = path.substr(0, end);
    if (end < path.size() && exists(so_far) && !is_folder(so_far))
      throw error("E_ID", fmt::format("{} is a file, and the id asks for a folder there", so_far));
    if (end == path.size() && is_folder(so_far)) throw error("E_ID", fmt::format("{} is a folder", so_far));
    begin = end + 1;
  }
}

std::vector<std::string> files_read(const record& r) {
  auto named = r.files();
  if (const auto s = r.source()) named.push_back(s->path);
  return named;
}

// A patch's parent is no checked record; what is wrong with it is met when it is used.
std::vector<std::string> files_read(const task& t) {
  std::vector<std::string> all;
  for (const record& in : t.inputs)
    for (std::string& path : files_read(in)) all.push_back(std::move(path));
  try {
    if (t.stands_for)
      for (std::string& path : files_read(*t.stands_for)) all.push_back(std::move(path));
  } catch (const error&) {
    return all;
  }
  return all;
}

// What a result depends on beside its inputs: which group or page it is of, and what stands on that page.
std::string beside_inputs(const task& t) {
  std::string text = t.stands_for ? t.stands_for->canonical() : "";
  for (const page_part& p : t.parts) text += fmt::format("\n{} {}", p.member, p.part);
  return text;
}

// Every product's path begins with it.
void check_speakable(const std::string& out) {
  record r("out");
  r.set_text("image", out);
  try {
    (void)r.dump();
  } catch (const error&) {
    throw error("E_OPTION", "the name of --out is no UTF-8, so that no record could hold it", blame::request);
  }
}

}  // namespace

void write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(1, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw error("E_WRITE", fmt::format("standard output cannot be written: {}", std::strerror(errno)),
                  blame::environment);
    text.remove_prefix(std::size_t(n));
  }
}

session::session(command& program)
    : program_(program),
      told_(program.name, program.common.quiet, program.common.progress),
      part_(shard::parse(program.common.shard)) {
  const common_options& c = program.common;
  if (program.out_required && c.out.empty())
    throw error("E_OPTION", "say --out DIR: the files written go there", blame::request);
  if (c.out.empty()) return;
  check_speakable(c.out);
  make_folder(c.out);
  if (!program.keeps_journal) return;
  const std::string part = part_.count > 1 ? fmt::format(".{}-of-{}", part_.index, part_.count) : "";
  journal_ = std::make_unique<journal>(c.out, program.name + part, settings(), c.resume);
  // Only then may a file be replaced that a later record needs.
  if (program.reads_records && (c.force || c.resume))
    look_ahead(program, [this](const record& r) {
      for (const std::string& path : files_read(r)) ledger_.foresee(path);
    });
}

void session::enter(task& t) {
  t.place = places_++;
  if (!journal_ || t.settled || (t.inputs.size() == 1 && t.inputs[0].failed())) return;
  t.reads = files_read(t);
  t.waits = ledger_.enter(t.place, blamed(t).file_stem(), t.reads);
}

void session::stop(std::exception_ptr why) {
  input_end_ = std::move(why);
  stopped_ = true;
}

int session::conclude() const {
  if (end_) std::rethrow_exception(end_);
  if (input_end_) std::rethrow_exception(input_end_);
  return any_failed_ ? 1 : 0;
}

int session::jobs() const { return program_.common.jobs; }

void session::add_step(record& r) const {
  if (!program_.leaves_step) return;
  r.add_step(program_.name, version(), options_given(program_));
}

bool session::settle_early(task& t) {
  if (t.settled) return true;
  if (t.inputs.size() == 1 && t.inputs[0].failed()) {
    t.outputs = t.inputs;
    return t.settled = true;
  }
  if (!journal_) return false;
  t.key = journal_->key(t.inputs, beside_inputs(t));
  if (!program_.common.resume) return false;
  auto known = journal_->find(t.key);
  if (!known) return false;
  // The key knows nothing of steps: they are those of today's input.
  try {
    for (std::string& line : known->lines) {
      record r = record::parse(line);
      if (r.failed()) return false;  // it is told of again, and counts again
      r.take_steps(t.inputs.front());
      add_step(r);
      line = r.dump();
    }
  } catch (const error&) {
    return false;  // another version's, not provably done
  }
  t.lines = std::move(known->lines);
  t.replayed = std::move(known->written);
  t.settled = true;
  if (!t.waits) hold_replayed(t);
  return true;
}

void session::take_back(task& t) {
  for (const claim& c : t.claims) {
    bool there = false;
    const ino_t now = inode_of(c.path, there);
    if (there && (!c.there || now != c.inode)) unlink(c.path.c_str());
    ledger_.release(t.place, c.path);
  }
  t.claims.clear();
  t.claimed.clear();
}

// What was proven to be there is this record's as if it had been written now.
void session::hold_replayed(task& t) {
  for (const std::string& path : t.replayed) {
    const auto answer = ledger_.claim(t.place, path);
    if (answer == ledger::claim_answer::granted) continue;
    for (const std::string& held : t.replayed) ledger_.release(t.place, held);
    t.replayed.clear();
    return fail(t, answer == ledger::claim_answer::is_taken ? "E_COLLISION" : "E_INPUT",
                answer == ledger::claim_answer::is_taken ? taken(path) : read_by_other(path));
  }
}

void session::finish(task& t) const {
  for (record& r : t.outputs) add_step(r);
  t.settled = t.finished = true;
}

void session::guard(task& t, const std::function<void()>& work) {
  const auto end_run = [&](const std::exception_ptr& why) {
    t.fatal = why;
    t.outputs.clear();
    t.lines.clear();
    t.settled = true;
    stopped_ = true;
  };
  try {
    work();
  } catch (const error& e) {
    take_back(t);
    if (e.who() != blame::item) return end_run(std::current_exception());
    fail(t, e.code(), e.what());
  } catch (const std::bad_alloc&) {
    take_back(t);
    end_run(std::make_exception_ptr(out_of_memory(t)));
  } catch (const cv::Exception& e) {
    take_back(t);
    if (e.code == cv::Error::StsNoMem) return end_run(std::make_exception_ptr(out_of_memory(t)));
    fail(t, "E_OPENCV", fmt::format("OpenCV: {} (in {})", e.err, e.func));
  } catch (const std::exception& e) {
    take_back(t);
    // What the engine says when it finds no thread in the middle of its work; there is no code to know it by.
    if (std::string_view(e.what()).find("pthread_create") != std::string_view::npos)
      return end_run(std::make_exception_ptr(
          error("E_NOMEM", fmt::format("no thread can be started for '{}': {}", blamed(t).id(), e.what()),
                blame::environment)));
    fail(t, "E_INTERNAL", e.what());
  }
}

void session::fail(task& t, std::string_view code, std::string_view what) const {
  record r = blamed(t);
  r.fail(program_.name, code, what);
  t.outputs.assign(1, std::move(r));
  t.lines.clear();
  t.settled = true;
  t.finished = false;
}

void session::put(task& t, const std::function<void(task&)>& late) {
  if (end_) return take_back(t);
  try {
    put_in_turn(t, late);
  } catch (...) {
    end_ = std::current_exception();
    stopped_ = true;
  }
  ledger_.leave(t.place);
}

void session::put_in_turn(task& t, const std::function<void(task&)>& late) {
  if (const auto gone = ledger_.written_before(t.place, t.reads)) {
    take_back(t);
    t.fatal = nullptr;
    fail(t, "E_INPUT", fmt::format("{} was written by this run for an earlier record; what it held is gone", *gone));
  } else if (t.waits && !t.settled) {
    late(t);
  } else if (t.waits) {
    hold_replayed(t);
  }
  for (const auto& [id, sentence] : t.warnings) told_.warning(t.line, id, sentence);
  if (t.fatal) std::rethrow_exception(t.fatal);
  // A failure that another program told of is not told again.
  const auto before = t.inputs.size() == 1 ? t.inputs[0].get_failure() : std::nullopt;
  for (const record& r : t.outputs) t.lines.push_back(put(r, t.line, before && before->by != program_.name));
  if (t.outputs.empty())
    for (const std::string& line : t.lines) put_line(line, false);
  if (!t.finished || !journal_) return;
  std::vector<std::string> written;
  for (const claim& c : t.claims) written.push_back(c.path);
  journal_->add(t.key, t.lines, written, t.also_read);
}

std::string session::put(const record& r, std::int64_t line, bool told_before) {
  const auto failure = r.get_failure();
  if (failure) any_failed_ = true;
  if (failure && !told_before) told_.failure(line, r.id(), failure->what);
  std::string text = r.dump();
  put_line(text, failure.has_value());
  return text;
}

void session::put_line(const std::string& line, bool failed) {
  write_out(line + "\n");
  told_.done(failed);
}

std::string session::claim_product(task& t, const record& r, std::string_view name, std::string_view extension) {
  const common_options& c = program_.common;
  if (c.out.empty()) throw error("E_OPTION", "say --out DIR: the files written go there", blame::request);
  claim mine{fmt::format("{}{}{}.{}.{}", c.out, c.out.ends_with('/') ? "" : "/", r.file_stem(), file_name(name, false),
                         extension)};
  if (!t.claimed.insert(mine.path).second)
    throw error("E_COLLISION", fmt::format("{} would be written twice; choose another --as", mine.path),
                blame::request);
  check_file_name(c.out, mine.path);
  mine.inode = inode_of(mine.path, mine.there);
  if (mine.there &&
      std::any_of(t.reads.begin(), t.reads.end(), [&](const std::string& read) { return same_file(read, mine.path); }))
    throw error("E_INPUT", fmt::format("{} is an input of this record and is never written", mine.path));
  const auto answer = ledger_.claim(t.place, mine.path);
  if (answer == ledger::claim_answer::is_taken) throw error("E_COLLISION", taken(mine.path));
  if (answer == ledger::claim_answer::is_input) throw error("E_INPUT", read_by_other(mine.path));
  t.claims.push_back(mine);
  if (mine.there && !c.force && !c.resume)
    throw error("E_EXISTS",
                fmt::format("{} is there already; say --force to replace it or --resume to go on", mine.path),
                blame::request);
  make_folder(mine.path.substr(0, mine.path.rfind('/')));
  return mine.path;
}

std::string session::settings() const {
  std::string text = program_.name + "\n" + version() + "\n" + program_.common.out + "\n";
  for (const auto& p : program_.positionals) text += p.name + "=" + *p.target + "\n";
  for (const auto& o : program_.options)
    if (o->changes_results)
      text += o->flag + "=" + std::visit([](const auto& v) { return fmt::format("{}", v); }, o->current()) + "\n";
  for (const auto& [name, value] : program_.dependencies) text += name + "=" + value + "\n";
  return text;
}

std::string task_context::product(const record& r, std::string_view name, std::string_view extension) {
  return session_.claim_product(task_, r, name, extension);
}

std::string task_context::picture(const record& r, std::string_view word) {
  const common_options& c = session_.program().common;
  return product(r, c.as.empty() ? word : std::string_view(c.as), c.format);
}

std::string task_context::output_name(const record& r, std::string_view name) {
  const std::string& as = session_.program().common.as;
  std::string full = as.empty() ? std::string(name) : fmt::format("{}.{}", as, name);
  bool taken = r.maps().contains(full) || r.features().contains(full);
  for (const roi& region : r.rois()) taken = taken || region.maps.contains(full) || region.features.contains(full);
  if (taken) throw error("E_NAME", fmt::format("the record already has '{}'; say --as PREFIX", full));
  return full;
}

void task_context::warn(const record& r, std::string_view sentence) { task_.warnings.emplace_back(r.id(), sentence); }

bool task_context::attempt(const record& r, const std::function<void()>& part) {
  try {
    part();
    return true;
  } catch (const error& e) {
    if (e.who() != blame::item) throw;
    warn(r, e.what());
    return false;
  }
}

}  // namespace medvision::cli
