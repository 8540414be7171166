// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <ios>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>

#include "cli/runtime/document.hpp"
#include "cli/runtime/fold.hpp"
#include "cli/runtime/intake.hpp"
#include "cli/runtime/last_words.hpp"
#include "cli/runtime/session.hpp"
#include "cli/runtime/stream.hpp"
#include "medvision/error.hpp"

namespace medvision::cli {
namespace {

const last_words prepared;

int ignore_opencv_error(int, const char*, const char*, const char*, int, void*) { return 0; }

// A closed standard stream would be given to the next file opened, and records written into a picture.
void hold_standard_streams() {
  if (fcntl(0, F_GETFD) == -1) open("/dev/null", O_WRONLY);  // write-only: reading it fails, as it should
  if (fcntl(1, F_GETFD) == -1) open("/dev/null", O_RDONLY);  // read-only: writing to it fails, as it should
  if (fcntl(2, F_GETFD) == -1) open("/dev/null", O_WRONLY);
}

int blame_status(const error& e) { return e.who() == blame::environment ? 3 : e.who() == blame::request ? 2 : 1; }

int say_fatal(const command& program, const error& e) {
  const std::string hint = e.code() == "E_OPTION" ? fmt::format("; see {} --help", program.name) : "";
  const std::string line = fmt::format("{}: {}{}\n", program.name, e.what(), hint);
  [[maybe_unused]] const auto n = write(2, line.data(), line.size());
  return blame_status(e);
}

// --help, --version and what a program does instead of its stream. True: done, with `status`.
bool answered(command& program, const std::vector<std::string>& arguments, int& status) {
  status = 0;
  for (const std::string& a : arguments) {
    if (a == "--") break;
    std::string text;
    if (a == "--help" || a == "-h")
      text = help_text(program);
    else if (a == "--help=man")
      text = help_man(program);
    else if (a == "--help=markdown")
      text = help_markdown(program);
    else if (a == "--help=markdown-common")
      text = help_markdown_common(program);
    else if (a.starts_with("--help="))
      throw error("E_OPTION", fmt::format("--help takes man or markdown, met '{}'", a.substr(7)), blame::request);
    else if (a == "--version")
      text = version_text(program);
    else
      continue;
    write_out(text);
    return true;
  }
  return false;
}

// Everything around the stream: signals, parsing, alternatives, statuses.
// Threads for the records in hand, two more of a staged run, and those of OpenCV.
int threads_wanted(const command& program) {
  return threads_of(program.common.jobs > 0 ? program.common.jobs : available_processors());
}

template <class Stream>
int around(command& program, int argc, char** argv, Stream stream) {
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_IGN);
  hold_standard_streams();
  std::ios::sync_with_stdio(false);  // faster, and only then a standard input that breaks is no end of it
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  cv::redirectError(ignore_opencv_error);
  try {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    int status = 0;
    if (!answered(program, arguments, status)) {
      for (const auto& other : program.alternatives) {
        const auto at = std::find(arguments.begin(), arguments.end(), other.flag);
        if (at == arguments.end()) continue;
        arguments.erase(at);
        parse_options(program, arguments, !other.alone);
        const thread_limit limit(available_processors());
        const auto [text, good] = other.act();
        write_out(text);
        return good ? 0 : 1;
      }
      parse_options(program, arguments);
      status = stream();
    }
    if (close(1) != 0 && errno != EBADF)
      throw error("E_WRITE", fmt::format("standard output could not be closed: {}", std::strerror(errno)),
                  blame::environment);
    return status;
  } catch (const error& e) {
    return say_fatal(program, e);
  } catch (const std::bad_alloc&) {
    return say_fatal(program, error("E_NOMEM", "no memory is left", blame::environment));
  } catch (const std::exception& e) {
    return say_fatal(program, error("E_INTERNAL", e.what(), blame::environment));
  }
}

// Up to `most` tasks; null at the end. An input that breaks ends the run after what came before it.
template <class Next>
std::unique_ptr<in_hand> next_batch(session& s, int most, Next next) {
  auto b = std::make_unique<batch>();
  try {
    while (int(b->tasks.size()) < most && !s.stopped()) {
      std::optional<task> t = next();
      if (!t) break;
      b->tasks.push_back(std::move(*t));
      s.enter(b->tasks.back());
    }
  } catch (...) {
    s.stop(std::current_exception());
  }
  if (b->tasks.empty()) return nullptr;
  return b;
}

// The stream of the verbs without stages: `next` gives tasks, `work` does one.
template <class Next, class Work>
int each_task(session& s, Next next, Work work) {
  const auto do_work = [&](task& t) {
    s.guard(t, [&] {
      work(t);
      s.finish(t);
    });
  };
  stages st;
  st.next = [&] { return next_batch(s, 1, next); };
  st.work = [&](in_hand& h) {
    for (task& t : static_cast<batch&>(h).tasks)
      if (!s.settle_early(t) && !t.waits) do_work(t);
  };
  st.put = [&](in_hand& h) { s.put(static_cast<batch&>(h), do_work); };
  run_ordered(s.jobs(), st);
  return s.conclude();
}

std::optional<task> next_record(intake& in) {
  auto a = in.next();
  if (!a) return std::nullopt;
  return task(std::move(a->r), a->line);
}

template <class Work>
int each_record(session& s, Work work) {
  intake in(s.program(), s.part());
  return each_task(
      s, [&] { return next_record(in); }, work);
}

// Before the first record nothing can be a record's fault: a file an option names, say, that cannot be read.
void start(const command& program) {
  try {
    program.start();
  } catch (const error& e) {
    throw error(e.code(), e.what(), e.who() == blame::item ? blame::request : e.who());
  }
}

template <class Make>
int with_session(command& program, int argc, char** argv, int opencv_threads, Make make) {
  return around(program, argc, argv, [&] {
    if (!program.common.shard.empty()) program.common.shard = shard::parse(program.common.shard).text();
    const thread_limit limit(threads_wanted(program));
    if (program.start) start(program);
    session s(program);
    if (limit.threads() < threads_wanted(program))
      s.told().note(fmt::format("only {} of {} threads can be started here", limit.threads(), threads_wanted(program)));
    cv::setNumThreads(std::min(opencv_threads, limit.threads()));
    return make(s);
  });
}

// True when a record failed in it. What the intake holds of millions of ids is gone before the document is made.
bool add_all(session& s, const document_verb& verb) {
  intake in(s.program(), s.part());
  bool any_failed = false;
  while (auto a = in.next()) {
    const auto failure = a->r.get_failure();
    if (failure && failure->by == s.program().name) s.told().failure(a->line, a->r.id(), failure->what);
    try {
      verb.add(a->r, a->line);
    } catch (const error& e) {
      if (e.who() != blame::item) throw;
      s.told().failure(a->line, a->r.id(), e.what());
      any_failed = true;
    }
    if (verb.ready) write_out(verb.ready());
  }
  return any_failed;
}

// The door of a source: guards the making of each record as the other verbs guard their work.
class source_door : public source_context {
 public:
  explicit source_door(session& s) : session_(s), admission_(s.program().name, s.part()) {}

  void make(const std::string& id, const std::function<void(record&)>& work) override {
    ++line_;
    task t(record(fmt::format("line-{}", line_)), line_);
    session_.guard(t, [&] {
      const record bare = record::parse(record(id).dump());  // refuses a name that is no UTF-8
      t.inputs[0] = bare;
      session_.guard(t, [&] {
        work(t.inputs[0]);  // in place: a failed record keeps what was known of it
        t.outputs = {t.inputs[0]};
      });
      if (t.fatal) return;
      t.inputs[0] = bare;
      t.outputs = {record::parse(t.outputs.at(0).dump())};
    });
    if (t.fatal) std::rethrow_exception(t.fatal);
    record& r = t.outputs.at(0);
    if (const auto f = r.get_failure(); f && r.id() != id)
      r.fail(f->by, f->code, fmt::format("{} (the name met is '{}')", f->what, id));
    if (!admission_.admit(r)) return;
    if (!r.failed()) session_.add_step(r);
    const auto failure = r.get_failure();  // of a merged record: told of by the program that met it
    session_.put(r, line_, failure && failure->by != session_.program().name);
  }
  void warn(std::string_view sentence) override { session_.told().note(sentence); }

 private:
  session& session_;
  admission admission_;
  std::int64_t line_ = 0;
};

class page_door : public page_context {
 public:
  explicit page_door(session& s) : session_(s) {}
  std::string attempt(const record& r, const std::function<void()>& part) override {
    try {
      part();
      return "";
    } catch (const error& e) {
      if (e.who() != blame::item) throw;
      session_.told().note(fmt::format("{}: {}", r.id(), e.what()));
      return e.what();
    }
  }

 private:
  session& session_;
};

auto all_to_one(const std::function<void(record&, std::vector<record>&, context&)>& work, session& s) {
  return [&work, &s](task& t) {
    task_context c(s, t);
    std::vector<record> members = t.inputs;
    record whole = *t.stands_for;
    work(whole, members, c);
    t.outputs = {std::move(whole)};
  };
}

// A task a record, those settled that failed here or before.
std::deque<task> look_at_all(session& s, const study_verb& verb) {
  std::deque<task> all;
  intake in(s.program(), s.part());
  while (auto a = in.next()) {
    task& t = all.emplace_back(std::move(a->r), a->line);
    if (t.inputs[0].failed()) continue;
    s.guard(t, [&] { verb.look(t.inputs[0]); });
    if (t.fatal) std::rethrow_exception(t.fatal);
  }
  return all;
}

}  // namespace

int run(command& program, int argc, char** argv, map_verb verb) {
  return with_session(program, argc, argv, 1, [&](session& s) {
    return each_record(s, [&](task& t) {
      task_context c(s, t);
      record r = t.inputs[0];
      verb.work(r, c);
      t.outputs = {std::move(r)};
    });
  });
}

int run(command& program, int argc, char** argv, expand_verb verb) {
  return with_session(program, argc, argv, 1, [&](session& s) {
    return each_record(s, [&](task& t) {
      task_context c(s, t);
      record r = t.inputs[0];
      t.outputs = verb.work(r, c);
    });
  });
}

int run(command& program, int argc, char** argv, staged_verb verb) {
  return with_session(program, argc, argv, available_processors(), [&](session& s) {
    intake in(s.program(), s.part());
    const auto finish = [&](task& t) {
      s.guard(t, [&] {
        task_context c(s, t);
        verb.finish(t.outputs.at(0), c, t.between);
        t.between.reset();
        s.finish(t);
      });
    };
    stages st;
    st.next = [&] { return next_batch(s, verb.batch(), [&] { return next_record(in); }); };
    st.work = [&](in_hand& h) {
      for (task& t : static_cast<batch&>(h).tasks)
        if (!s.settle_early(t))
          s.guard(t, [&] {
            task_context c(s, t);
            record r = t.inputs[0];
            t.between = verb.prepare(r, c);
            t.outputs = {std::move(r)};
          });
    };
    st.alone = [&](in_hand& h) {
      std::vector<task*> open;
      std::vector<std::any*> items;
      for (task& t : static_cast<batch&>(h).tasks)
        if (!t.settled) open.push_back(&t), items.push_back(&t.between);
      if (open.size() == 1) s.guard(*open[0], [&] { verb.forward(items); });
      if (open.size() < 2) return;
      try {
        verb.forward(items);
      } catch (...) {
        // One member may have spoilt its neighbours' pass: each is tried alone, and fails alone.
        for (std::size_t i = 0; i < open.size(); ++i) s.guard(*open[i], [&] { verb.forward({&items[i], 1}); });
      }
    };
    st.after = [&](in_hand& h) {
      for (task& t : static_cast<batch&>(h).tasks)
        if (!t.settled && !t.waits) finish(t);
    };
    st.put = [&](in_hand& h) { s.put(static_cast<batch&>(h), finish); };
    run_ordered(s.jobs(), st);
    return s.conclude();
  });
}

int run(command& program, int argc, char** argv, source_verb verb) {
  program.reads_records = false;
  program.inputs_called = "FILE|FOLDER";
  return with_session(program, argc, argv, 1, [&](session& s) {
    source_door door(s);
    verb.make(program.common.inputs, door);
    return s.conclude();
  });
}

int run(command& program, int argc, char** argv, fold_runs_verb verb) {
  return with_session(program, argc, argv, 1, [&](session& s) {
    intake in(program, s.part());
    run_gatherer runs(program.name, in);
    return each_task(
        s, [&] { return runs.next(); },
        [&](task& t) {
          task_context c(s, t);
          std::vector<record> members = t.inputs;
          t.outputs = {verb.work(members, c)};
        });
  });
}

int run(command& program, int argc, char** argv, fold_groups_verb verb) {
  return with_session(program, argc, argv, 1, [&](session& s) {
    intake in(program, s.part());
    group_gatherer groups(program.name, in, verb.key);
    return each_task(
        s, [&] { return groups.next(); }, all_to_one(verb.work, s));
  });
}

int run(command& program, int argc, char** argv, fold_pages_verb verb) {
  return with_session(program, argc, argv, 1, [&](session& s) {
    intake in(program, s.part());
    page_gatherer pages(program.name, verb, s.part(), in);
    const auto work = [&verb, &s](task& t) {
      task_context c(s, t);
      std::vector<record> members = t.inputs;
      record page = *t.stands_for;
      verb.work(page, members, t.parts, c);
      t.outputs = {std::move(page)};
    };
    return each_task(
        s, [&] { return pages.next(); }, work);
  });
}

int run(command& program, int argc, char** argv, study_verb verb) {
  program.keeps_journal = false;
  return with_session(program, argc, argv, available_processors(), [&](session& s) {
    std::deque<task> all = look_at_all(s, verb);
    for (const std::string& sentence : verb.conclude()) s.told().note(sentence);
    return each_task(
        s,
        [&]() -> std::optional<task> {
          if (all.empty()) return std::nullopt;
          task t = std::move(all.front());
          all.pop_front();
          return t;
        },
        [&](task& t) {
          task_context c(s, t);
          record r = t.inputs[0];
          verb.tell(r, c);
          t.outputs = {std::move(r)};
        });
  });
}

int run(command& program, int argc, char** argv, document_verb verb) {
  return with_session(program, argc, argv, 1, [&](session& s) {
    const bool any_failed = add_all(s, verb);
    malloc_trim(0);  // what was held of ids lies in pieces, which the document's large tables could not use
    const auto [text, failed] = verb.finish();
    write_out(text);
    return failed || any_failed ? 1 : 0;
  });
}

int run(command& program, int argc, char** argv, page_verb verb) {
  program.reads_records = program.keeps_journal = false;
  program.inputs_called = "[NAME=]FILE";
  return with_session(program, argc, argv, available_processors(), [&](session& s) {
    page_door door(s);
    const auto [text, failed] = verb.make(read_named_texts(program.common.inputs), door);
    write_out(text);
    return failed ? 1 : 0;
  });
}

}  // namespace medvision::cli
