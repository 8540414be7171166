// SPDX-License-Identifier: Apache-2.0
// The loop keeps order and bounds, intake tells cases apart, folds close exactly once, the journal proves or forgets.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <span>
#include <thread>

#include "cli/runtime/fold.hpp"
#include "cli/runtime/intake.hpp"
#include "cli/runtime/journal.hpp"
#include "cli/runtime/ledger.hpp"
#include "cli/runtime/stream.hpp"
#include "error_code.hpp"
#include "medvision/error.hpp"
#include "scratch_folder.hpp"

using namespace medvision;
using namespace medvision::cli;
namespace fs = std::filesystem;

namespace {

struct numbered : in_hand {
  int n = 0, stage = 0;
};

// Patches of `parents` pictures, `count` each, as manifest lines.
std::vector<std::string> patch_lines(int parents, int count) {
  std::vector<std::string> lines;
  for (int p = 0; p < parents; ++p)
    for (int i = 0; i < count; ++i) {
      const std::string parent = "p" + std::to_string(p);
      record r(parent + "/" + std::to_string(i));
      r.set_text("image", "x.png");
      r.set_parent({parent, i, count, {0, 0, 1, 1}, std::make_shared<const record>(parent)});
      lines.push_back(r.dump());
    }
  return lines;
}

std::string text_of_lines(const std::vector<std::string>& lines) {
  std::string all;
  for (const auto& l : lines) all += l + "\n";
  return all;
}

std::vector<task> gathered(const scratch_folder& f, const std::vector<std::string>& lines) {
  command program("med-test", "test");
  program.common.inputs = {f.put("in.jsonl", text_of_lines(lines))};
  intake in(program, {});
  run_gatherer runs("med-test", in);
  std::vector<task> out;
  while (auto t = runs.next()) out.push_back(std::move(*t));
  return out;
}

std::string why(const task& t) { return t.outputs.empty() ? "" : t.outputs[0].get_failure().value_or(failure{}).what; }

}  // namespace

TEST_CASE("things come out in the order they went in, whatever each takes, and few are in hand") {
  for (const bool staged : {false, true})
    for (const int jobs : {1, 2, 5}) {
      int made = 0;
      std::vector<int> out;
      std::atomic<int> in_work{0}, most_in_work{0}, alone{0};
      std::atomic<bool> crowded{false}, skipped{false};
      stages s;
      s.next = [&]() -> std::unique_ptr<in_hand> {
        if (made == 60) return nullptr;
        auto x = std::make_unique<numbered>();
        x->n = made++;
        return x;
      };
      s.work = [&](in_hand& h) {
        const int now = ++in_work;
        most_in_work = std::max(most_in_work.load(), now);
        std::this_thread::sleep_for(std::chrono::microseconds((static_cast<numbered&>(h).n * 7919) % 1500));
        static_cast<numbered&>(h).stage = 1;
        --in_work;
      };
      if (staged) {
        s.pass = [&](std::span<in_hand* const> things, int lane) {
          if (++alone > 1 || things.size() != 1 || lane != 0) crowded = true;
          if (std::exchange(static_cast<numbered&>(*things[0]).stage, 2) != 1) skipped = true;
          --alone;
        };
        s.after = [&](in_hand& h) {
          if (std::exchange(static_cast<numbered&>(h).stage, 3) != 2) skipped = true;
        };
      }
      s.put = [&](in_hand& h) { out.push_back(static_cast<numbered&>(h).n); };
      run_ordered(jobs, s);
      CHECK(out.size() == 60);
      CHECK(std::is_sorted(out.begin(), out.end()));
      CHECK(most_in_work <= jobs + (staged ? 2 : 0));
      CHECK_FALSE(crowded);
      CHECK_FALSE(skipped);
    }
}

TEST_CASE("what is of one kind passes together on every lane, order is kept, and few are in hand") {
  for (const int lanes : {1, 3})
    for (const int kinds : {1, 2, 100}) {
      constexpr int count = 203, together = 4, jobs = 3;
      int made = 0;
      std::vector<int> out;
      std::atomic<int> in_hand_now{0}, most{0}, passed{0}, full{0};
      std::vector<std::atomic<int>> busy(static_cast<std::size_t>(lanes));
      std::atomic<bool> mixed{false}, crowded{false};
      stages s;
      s.lanes = lanes;
      s.together = together;
      s.next = [&]() -> std::unique_ptr<in_hand> {
        if (made == count) return nullptr;
        most = std::max(most.load(), ++in_hand_now);
        auto x = std::make_unique<numbered>();
        x->n = made++;
        return x;
      };
      s.work = [&](in_hand& h) {
        std::this_thread::sleep_for(std::chrono::microseconds((static_cast<numbered&>(h).n * 7919) % 300));
      };
      s.kind = [&](const in_hand& h) -> std::optional<std::string> {
        const int n = static_cast<const numbered&>(h).n;
        if (n % 10 == 9) return std::nullopt;
        return std::to_string(n % kinds);
      };
      s.pass = [&](std::span<in_hand* const> things, int lane) {
        if (++busy[std::size_t(lane)] > 1 || int(things.size()) > together) crowded = true;
        for (in_hand* h : things) {
          if (s.kind(*h) != s.kind(*things[0])) mixed = true;
          static_cast<numbered*>(h)->stage = 2;
        }
        passed += int(things.size());
        full += int(things.size()) == together ? 1 : 0;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
        --busy[std::size_t(lane)];
      };
      s.after = [](in_hand&) {};
      s.put = [&](in_hand& h) {
        --in_hand_now;
        const auto& x = static_cast<numbered&>(h);
        if (x.stage != (x.n % 10 == 9 ? 0 : 2)) mixed = true;
        out.push_back(x.n);
      };
      run_ordered(jobs, s);
      CAPTURE(lanes);
      CAPTURE(kinds);
      CHECK(out.size() == count);
      CHECK(std::is_sorted(out.begin(), out.end()));
      CHECK(passed == count - count / 10);
      if (kinds < 100) CHECK(full >= 35);  // of 45 or 46 that could be
      CHECK(most <= jobs + (lanes + 1) * together);
      CHECK_FALSE(mixed);
      CHECK_FALSE(crowded);
    }
}

TEST_CASE("what a stage throws comes out of the loop") {
  int made = 0;
  stages s;
  s.next = [&]() -> std::unique_ptr<in_hand> { return made++ < 20 ? std::make_unique<numbered>() : nullptr; };
  s.work = [&](in_hand&) {
    if (made > 5) throw error("E_TEST", "enough", blame::request);
  };
  s.put = [](in_hand&) {};
  CHECK_THROWS_AS(run_ordered(2, s), error);
}

TEST_CASE("shards divide a stream without loss, and positions are those of the whole stream") {
  std::set<std::string> ids;
  std::set<std::int64_t> positions;
  for (const char* part : {"0/3", "1/3", "2/3"}) {
    admission door("med-test", shard::parse(part));
    for (int i = 0; i < 100; ++i) {
      record r("case" + std::to_string(i));
      if (!door.admit(r)) continue;
      CHECK(ids.insert(r.id()).second);
      CHECK(r.order() == std::vector<std::int64_t>{i});
      positions.insert(r.order()[0]);
    }
  }
  CHECK(ids.size() == 100);
  CHECK(positions.size() == 100);
}

TEST_CASE("the second record of an id fails, the first is unharmed") {
  admission door("med-test", {});
  record first("a"), second("a"), other("b");
  CHECK(door.admit(first));
  CHECK(door.admit(second));
  CHECK(door.admit(other));
  CHECK_FALSE(first.failed());
  CHECK(second.get_failure()->code == "E_DUPLICATE");
  CHECK_FALSE(other.failed());
}

TEST_CASE("a parent closes when its last patch was seen, in any order of arrival") {
  const scratch_folder f;
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    auto lines = patch_lines(4, 5);
    std::shuffle(lines.begin(), lines.end(), random);
    const auto tasks = gathered(f, lines);
    REQUIRE(tasks.size() == 4);
    for (const task& t : tasks) {
      REQUIRE(t.inputs.size() == 5);
      for (int i = 0; i < 5; ++i) REQUIRE(t.inputs[std::size_t(i)].parent()->index == i);
    }
  }
}

TEST_CASE("a parent with a missing, failed or doubled patch fails and names the first") {
  const scratch_folder f;
  auto lines = patch_lines(1, 5);
  lines.erase(lines.begin() + 3);
  lines.erase(lines.begin() + 1);
  auto tasks = gathered(f, lines);
  REQUIRE(tasks.size() == 1);
  CHECK(why(tasks[0]) == "patch 1 of 5 is missing");
  CHECK(tasks[0].outputs[0].id() == "p0");

  lines = patch_lines(1, 3);
  record broken = record::parse(lines[1]);
  broken.fail("med-infer", "E_X", "it burst");
  lines[1] = broken.dump();
  tasks = gathered(f, lines);
  REQUIRE(tasks.size() == 1);
  CHECK(why(tasks[0]) == "patch 1 failed: it burst");

  lines = patch_lines(1, 3);
  record twin = record::parse(lines[2]);
  twin.set_id("p0/other");
  lines[1] = twin.dump();
  std::swap(lines[1], lines[2]);
  tasks = gathered(f, lines);
  REQUIRE(tasks.size() == 1);
  CHECK(why(tasks[0]) == "patch 1 of 3 is missing");
  CHECK(gathered(f, {R"({"id":"alone","image":"x"})"})[0].outputs[0].failed());
  record vast("v/0");
  vast.set_text("image", "x.png");
  vast.set_parent({"v", 0, 2000000000, {0, 0, 1, 1}, std::make_shared<const record>("v")});
  CHECK(why(gathered(f, {vast.dump()})[0]) == "patch 1 of 2000000000 is missing");
}

TEST_CASE("groups come at their first member's place, failed members before them and counted") {
  const scratch_folder f;
  std::vector<std::string> lines;
  for (const char* text : {R"({"id":"a","image":"i","tags":{"p":"1"}})", R"({"id":"b","image":"i","tags":{"p":"2"}})",
                           R"({"id":"c","image":"i","tags":{"p":"1"},"error":{"by":"m","code":"E_X","what":"w"}})",
                           R"({"id":"d","image":"i","tags":{"p":"1"}})",
                           R"({"id":"e","image":"i","tags":{"p":"3"},"error":{"by":"m","code":"E_X","what":"w"}})"})
    lines.emplace_back(text);
  command program("med-test", "test");
  program.common.inputs = {f.put("g.jsonl", text_of_lines(lines))};
  intake in(program, {});
  group_gatherer groups("med-test", in, [](const record& r) { return r.tags().at("p"); });
  std::vector<std::string> seen;
  while (auto t = groups.next()) {
    if (t->stands_for) {
      seen.push_back("group " + t->stands_for->id() + " of " + std::to_string(t->inputs.size()));
      CHECK(t->stands_for->text("group.failed") == (t->stands_for->id() == "1" ? "1" : "0"));
    } else {
      seen.push_back(t->outputs[0].id() + (t->outputs[0].failed() ? " failed" : ""));
    }
  }
  CHECK(seen == std::vector<std::string>{"c failed", "group 1 of 2", "group 2 of 1", "e failed", "3 failed"});
}

TEST_CASE("the journal knows SHA-256") {
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of_file("/nonexistent") == "absent");
}

TEST_CASE("a journal entry is replayed only while inputs, settings and products are what they were") {
  const scratch_folder f;
  const std::string out = f.path("out");
  const std::string input = f.put("i.png", "pixels"), product = f.put("p.png", "result");
  record r("a"), done("a");
  r.set_text("image", input);
  done.set_text("image", product);
  std::string key;
  {
    journal j(out, "med-test", "settings", true);
    key = j.key({r});
    CHECK_FALSE(j.find(key));
    j.add(key, {done.dump()}, {product});
  }
  {
    journal j(out, "med-test", "settings", true);
    CHECK(j.key({r}, "page 2") != j.key({r}));
    CHECK(j.key({r}, "page 2") != j.key({r}, "page 3"));
    const auto known = j.find(j.key({r}));
    REQUIRE(known);
    CHECK(known->lines.at(0) == done.dump());
    CHECK(journal(out, "med-test", "other settings", true).key({r}) != key);
  }
  f.put("p.png", "result, touched");
  CHECK_FALSE(journal(out, "med-test", "settings", true).find(key));
  f.put("p.png", "result");
  f.put("i.png", "other pixels");
  CHECK(journal(out, "med-test", "settings", true).key({r}) != key);
}

TEST_CASE("a journal entry is replayed only while a file that was read beside the inputs is what it was") {
  const scratch_folder f;
  const std::string out = f.path("out"), product = f.put("p.png", "result"), beside = f.put("a.ics", "text");
  const record r("a");
  std::string key;
  {
    journal j(out, "med-test", "settings", true);
    key = j.key({r});
    j.add(key, {r.dump()}, {product}, {beside});
  }
  const auto known = journal(out, "med-test", "settings", true).find(key);
  REQUIRE(known);
  CHECK(known->written == std::vector<std::string>{product});
  f.put("a.ics", "another text");
  CHECK_FALSE(journal(out, "med-test", "settings", true).find(key));
}

TEST_CASE("a journal line that was changed, or stands under another key, is not believed") {
  const scratch_folder f;
  const std::string out = f.path("out"), name = "out/.medvision/med-test.journal";
  const record a("a"), b("b");
  std::string key_a, key_b;
  {
    journal j(out, "med-test", "s", true);
    key_a = j.key({a}), key_b = j.key({b});
    j.add(key_a, {a.dump()}, {});
  }
  const std::string good = f.bytes(name);
  const auto knows = [&](const std::string& text, const std::string& key) {
    f.put(name, text);
    return journal(out, "med-test", "s", true).find(key).has_value();
  };
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  CHECK(knows(good, key_a));
  CHECK_FALSE(knows(replaced(R"("{\"id\":\"a\"}")", ""), key_a));
  CHECK_FALSE(knows(replaced("id", "ie"), key_a));
  CHECK_FALSE(knows(replaced(key_a, key_b), key_b));
  CHECK_FALSE(knows(good.substr(0, 64) + good.substr(129), key_a));  // without its seal
}

TEST_CASE("a journal line cut by a kill is ignored, and what follows it is kept") {
  const scratch_folder f;
  const std::string out = f.path("out");
  const std::string path = out + "/.medvision/med-test.journal";
  record a("a"), b("b"), c("c");
  {
    journal j(out, "med-test", "s", true);
    j.add(j.key({a}), {a.dump()}, {});
    j.add(j.key({b}), {b.dump()}, {});
  }
  fs::resize_file(path, fs::file_size(path) - 7);
  {
    journal j(out, "med-test", "s", true);
    CHECK(j.find(j.key({a})));
    CHECK_FALSE(j.find(j.key({b})));
    j.add(j.key({c}), {c.dump()}, {});
  }
  journal j(out, "med-test", "s", true);
  CHECK(j.find(j.key({a})));
  CHECK_FALSE(j.find(j.key({b})));
  CHECK(j.find(j.key({c})));
}

TEST_CASE("a list of words is separated by commas, or the option is repeated; other lists of text are not cut") {
  std::vector<std::string> words{"before"}, paths;
  command program("med-test", "test");
  program.add_words("--words", words, "words");
  program.add("--paths", paths, "paths");
  parse_options(program, {"--words", "a,b", "--paths", "x,y", "--words", "c"});
  CHECK(words == std::vector<std::string>{"a", "b", "c"});
  CHECK(paths == std::vector<std::string>{"x,y"});
}

TEST_CASE("a journal is a file or nothing") {
  const scratch_folder f;
  fs::create_directories(f.path("out/.medvision/med-test.journal"));
  CHECK(code_of([&] { journal(f.path("out"), "med-test", "s", true); }, blame::request) == "E_JOURNAL");
}

TEST_CASE("a manifest that went away before its turn ends the run") {
  const scratch_folder f;
  command program("med-test", "test");
  program.common.inputs = {f.put("a.jsonl", "{\"id\":\"a\",\"image\":\"i\"}\n"), f.put("b.jsonl", "")};
  intake in(program, {});
  CHECK(in.next());
  fs::remove(f.path("b.jsonl"));
  CHECK(code_of([&] { in.next(); }, blame::request) == "E_MISSING");
}

TEST_CASE("two records never write one file, nor one that a record before them reads") {
  const scratch_folder f;
  using answer = ledger::claim_answer;
  ledger l;
  l.enter(0, "a", {f.path("in.png")});
  l.enter(1, "b", {f.path("other.png")});
  CHECK(l.claim(0, f.path("a.png")) == answer::granted);
  CHECK(l.claim(0, f.path("a.png")) == answer::granted);
  CHECK(l.claim(1, f.path() + "/./../" + fs::path(f.path()).filename().string() + "/a.png") == answer::is_taken);
  CHECK(l.claim(1, f.path("in.png")) == answer::is_input);
  CHECK(l.claim(1, f.path("other.png")) == answer::is_input);
  CHECK(l.claim(0, f.path("other.png")) == answer::granted);  // a later reader: its own turn finds it out
  CHECK(l.written_before(1, {f.path("other.png")}) == f.path("other.png"));
  CHECK_FALSE(l.written_before(0, {f.path("other.png")}));
  l.release(1, f.path("a.png"));
  CHECK(l.claim(1, f.path("a.png")) == answer::is_taken);
  l.release(0, f.path("a.png"));
  CHECK(l.claim(1, f.path("a.png")) == answer::granted);
  l.foresee(f.path("later.png"));
  CHECK(l.claim(0, f.path("later.png")) == answer::is_input);
}

TEST_CASE("a file read through a link is the file") {
  const scratch_folder f;
  f.put("real.png", "x");
  fs::create_symlink("real.png", f.path("soft.png"));
  fs::create_directories(f.path("deep"));
  fs::create_directory_symlink("deep", f.path("way"));
  ledger l;
  l.enter(0, "a", {f.path("soft.png"), f.path("way/b.png")});
  CHECK(l.claim(1, f.path("real.png")) == ledger::claim_answer::is_input);
  CHECK(l.claim(1, f.path("soft.png")) == ledger::claim_answer::is_input);
  CHECK(l.claim(1, f.path("deep/b.png")) == ledger::claim_answer::is_input);
}

TEST_CASE("a record waits for one in hand whose files may have the names of its own") {
  ledger l;
  CHECK_FALSE(l.enter(0, "a", {}));
  CHECK(l.enter(1, "a.b", {}));
  CHECK(l.enter(2, "a/0", {}));
  CHECK_FALSE(l.enter(3, "ab", {}));
  CHECK_FALSE(l.enter(4, "b", {}));
  l.leave(0);
  CHECK(l.enter(5, "a", {}));
  for (const int place : {1, 2, 5}) l.leave(place);
  CHECK_FALSE(l.enter(6, "a", {}));
}

TEST_CASE("threads are counted before they are needed, and one is always there") {
  CHECK(thread_limit(0, true, 0).threads() == 1);
  CHECK(thread_limit(1, true, 0).threads() == 1);
  CHECK(thread_limit(3, true, 0).threads() == 3);
}
