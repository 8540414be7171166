// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/run.hpp"

#include <fmt/format.h>

#include <exception>

#include "cli/runtime/around.hpp"
#include "cli/runtime/fold.hpp"
#include "cli/runtime/intake.hpp"
#include "cli/runtime/loop.hpp"
#include "cli/runtime/session.hpp"
#include "cli/runtime/stream.hpp"
#include "medvision/error.hpp"

namespace medvision::cli {
namespace {

template <class Work>
int each_record(session& s, Work work) {
  intake in(s.program(), s.part());
  return each_task(
      s, [&] { return next_record(in); }, work);
}

bool is_of_batches(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const error& e) {
    return e.code() == "E_BATCH";
  } catch (...) {
    return false;
  }
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

auto all_to_one(const std::function<void(record&, std::vector<record>&, context&)>& work, session& s) {
  return [&work, &s](task& t) {
    task_context c(s, t);
    std::vector<record> members = t.inputs;
    record whole = *t.stands_for;
    work(whole, members, c);
    t.outputs = {std::move(whole)};
  };
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
      verb.work(r, c, [&](record child) {
        s.add_step(child);
        t.lines.push_back(child.dump());  // a tenth of what the record itself would take
      });
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
    const passing plan = verb.plan();
    stages st;
    st.lanes = plan.lanes;
    st.together = plan.together;
    st.next = [&] { return next_in_hand(s, [&] { return next_record(in); }); };
    st.work = [&](in_hand& h) {
      task& t = task_of(h);
      if (s.settle_early(t)) return;
      s.guard(t, [&] {
        task_context c(s, t);
        record r = t.inputs[0];
        t.between = verb.prepare(r, c);
        t.outputs = {std::move(r)};
      });
    };
    st.kind = [&](const in_hand& h) -> std::optional<std::string> {
      const task& t = static_cast<const task_in_hand&>(h).its;
      if (t.settled) return std::nullopt;
      return verb.kind(t.between);
    };
    st.pass = [&](std::span<in_hand* const> things, int lane) {
      std::vector<std::any*> items;
      for (in_hand* h : things) items.push_back(&task_of(*h).between);
      if (things.size() == 1) return s.guard(task_of(*things[0]), [&] { verb.forward(items, lane); });
      try {
        verb.forward(items, lane);
      } catch (...) {
        // Batches that are wrong end the run. Else one member may have spoilt its neighbours' pass: each is tried
        // alone, and fails alone.
        const std::exception_ptr why = std::current_exception();
        for (std::size_t i = 0; i < items.size(); ++i)
          s.guard(task_of(*things[i]), [&] {
            if (is_of_batches(why)) std::rethrow_exception(why);
            verb.forward({&items[i], 1}, lane);
          });
      }
    };
    st.after = [&](in_hand& h) {
      task& t = task_of(h);
      if (!t.settled && !t.waits) finish(t);
    };
    st.put = [&](in_hand& h) { s.put(task_of(h), finish); };
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

}  // namespace medvision::cli
