// SPDX-License-Identifier: Apache-2.0
// The verbs that see all before they say anything: studies, documents and pages.
#include <fmt/format.h>
#include <malloc.h>

#include <deque>

#include "cli/runtime/around.hpp"
#include "cli/runtime/intake.hpp"
#include "cli/runtime/loop.hpp"
#include "cli/runtime/run.hpp"
#include "cli/runtime/session.hpp"
#include "cli/runtime/stream.hpp"
#include "medvision/error.hpp"

namespace medvision::cli {
namespace {

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
