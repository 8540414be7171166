// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime/fold.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "medvision/error.hpp"
#include "medvision/record/merge.hpp"

namespace medvision::cli {
namespace {

task failed_task(const std::string& program, record r, std::int64_t line, std::string_view code,
                 std::string_view what) {
  r.fail(program, code, what);
  task t(r, line);
  t.outputs = {std::move(r)};
  t.settled = true;
  return t;
}

task passed_on(record r, std::int64_t line) {
  task t(r, line);
  t.outputs = {std::move(r)};
  t.settled = true;
  return t;
}

// The second record of an id is no patch of its own; the first one stands for both.
bool is_duplicate(const record& r) {
  const auto f = r.get_failure();
  return f && f->code == "E_DUPLICATE";
}

// A failed record may hold anything in `parent`.
std::optional<parent_info> parent_of(const record& r) {
  try {
    return r.parent();
  } catch (const error&) {
    return std::nullopt;
  }
}

}  // namespace

void run_gatherer::take(intake::arrival a, const parent_info& p) {
  if (closed_.contains(p.id)) {
    ready_.push_back(failed_task(program_, std::move(a.r), a.line, "E_DUPLICATE",
                                 fmt::format("patch {} came after its parent '{}' was complete", p.index, p.id)));
    return;
  }
  auto [it, fresh] = open_.try_emplace(p.id);
  open_run& run = it->second;
  if (fresh) run.first_seen = seen_++, run.line = a.line, run.count = p.count, run.parent = p.parent;
  ++run.seen;
  if (const auto failure = a.r.get_failure()) {
    run.broken.try_emplace(p.index, fmt::format("patch {} failed: {}", p.index, failure->what));
  } else if (p.count != run.count) {
    run.broken.try_emplace(
        p.index, fmt::format("patch {} says there are {} patches, the first said {}", p.index, p.count, run.count));
  } else if (run.members.contains(p.index)) {
    run.broken.try_emplace(p.index, fmt::format("patch {} is there twice", p.index));
  } else {
    run.members.emplace(p.index, std::move(a.r));
  }
  if (run.seen == run.count) close(p.id);
}

void run_gatherer::close(const std::string& parent_id) {
  open_run run = std::move(open_.at(parent_id));
  open_.erase(parent_id);
  closed_.insert(parent_id);
  // The first index that is wrong is the one named, so the search for missing ones ends there.
  int i = 0;
  while (run.members.contains(i)) ++i;
  if (i < run.count) run.broken.try_emplace(i, fmt::format("patch {} of {} is missing", i, run.count));
  if (!run.broken.empty()) {
    ready_.push_back(failed_task(program_, *run.parent, run.line, "E_INCOMPLETE", run.broken.begin()->second));
    return;
  }
  task t;
  t.line = run.line;
  t.stands_for = *run.parent;
  for (auto& [index, member] : run.members) t.inputs.push_back(std::move(member));
  ready_.push_back(std::move(t));
}

std::optional<task> run_gatherer::next() {
  while (ready_.empty() && !ended_) {
    auto a = in_.next();
    if (!a) {
      ended_ = true;
      std::vector<std::pair<std::int64_t, std::string>> left;
      for (const auto& [id, run] : open_) left.emplace_back(run.first_seen, id);
      std::sort(left.begin(), left.end());
      for (const auto& [seen, id] : left) close(id);
    } else if (is_duplicate(a->r)) {
      ready_.push_back(passed_on(std::move(a->r), a->line));
    } else if (const auto p = parent_of(a->r)) {
      take(std::move(*a), *p);
    } else if (a->r.failed()) {
      ready_.push_back(passed_on(std::move(a->r), a->line));
    } else {
      ready_.push_back(
          failed_task(program_, std::move(a->r), a->line, "E_RECORD", "the record is no patch: it has no parent"));
    }
  }
  if (ready_.empty()) return std::nullopt;
  task t = std::move(ready_.front());
  ready_.pop_front();
  return t;
}

void group_gatherer::read_all() {
  struct open_group {
    std::vector<intake::arrival> usable, failed;
    std::vector<std::int64_t> order;
  };
  struct place {
    std::string key;
    std::optional<task> alone;  // a record that is of no group
  };
  std::vector<place> places;  // in the order they were met, so that shards merge to the whole
  std::unordered_map<std::string, open_group> groups;
  while (auto a = in_.next()) {
    std::string key;
    try {
      key = key_(a->r);
      check_id(key);
    } catch (const error& e) {
      places.push_back({"", a->r.failed() ? passed_on(std::move(a->r), a->line)
                                          : failed_task(program_, std::move(a->r), a->line, e.code(), e.what())});
      continue;
    }
    auto [it, fresh] = groups.try_emplace(key);
    if (fresh) places.push_back({key, std::nullopt}), it->second.order = order_of(a->r);
    (a->r.failed() ? it->second.failed : it->second.usable).push_back(std::move(*a));
  }
  for (auto& [key, alone] : places) {
    if (alone) {
      ready_.push_back(std::move(*alone));
      continue;
    }
    open_group& g = groups.at(key);
    record group(key);
    if (!g.order.empty()) group.set_order(g.order);
    group.set_group({int(g.usable.size()), int(g.failed.size()), std::nullopt});
    const bool stands_for_itself = g.usable.empty() && g.failed.front().r.id() == key;
    const std::int64_t first_line = g.usable.empty() ? g.failed.front().line : g.usable.front().line;
    for (auto& a : g.failed) ready_.push_back(passed_on(std::move(a.r), a.line));
    if (stands_for_itself) continue;  // two records of one id would count one case twice
    if (g.usable.empty()) {
      ready_.push_back(
          failed_task(program_, std::move(group), first_line, "E_GROUP", "no member of the group is usable"));
      continue;
    }
    task t;
    t.line = g.usable.front().line;
    t.stands_for = std::move(group);
    for (auto& a : g.usable) t.inputs.push_back(std::move(a.r));
    ready_.push_back(std::move(t));
  }
}

std::optional<task> group_gatherer::next() {
  if (!read_) read_all(), read_ = true;
  if (ready_.empty()) return std::nullopt;
  task t = std::move(ready_.front());
  ready_.pop_front();
  return t;
}

page_gatherer::page_gatherer(std::string program, const fold_pages_verb& verb, shard part, intake& in)
    : program_(std::move(program)),
      name_(part.count == 1 ? verb.name : fmt::format("{}-{}-of-{}", verb.name, part.index, part.count)),
      verb_(verb),
      size_(verb.size()),
      in_(in) {}

void page_gatherer::close(const std::string& book) {
  const auto at = open_.find(book);
  task t = std::move(at->second.members);
  open_.erase(at);
  record page(fmt::format("{}{}{}-{:04}", name_, book.empty() ? "" : "-", book, ++closed_[book]));
  page.set_order(t.inputs.front().order());
  page.set_group({int(t.parts.size()), 0, std::nullopt});
  t.stands_for = std::move(page);
  ready_.push_back(std::move(t));
}

void page_gatherer::put(const intake::arrival& a, int part, const std::string& book) {
  const auto [at, fresh] = open_.try_emplace(book);
  open_page& page = at->second;
  if (fresh) page.opened = opened_++, page.members.line = a.line;
  task& t = page.members;
  // A record stands once on a page, however many of its parts do.
  if (t.inputs.empty() || t.inputs.back().id() != a.r.id()) t.inputs.push_back(a.r);
  t.parts.push_back({t.inputs.size() - 1, part});
  if (int(t.parts.size()) == size_) close(book);
}

void page_gatherer::take(intake::arrival a) {
  std::map<int, std::string> books;
  try {
    books = verb_.books(a.r);
    for (const auto& [part, book] : books) check_id(name_ + "-" + book);
  } catch (const error& e) {
    if (e.who() != blame::item) throw;
    ready_.push_back(failed_task(program_, std::move(a.r), a.line, e.code(), e.what()));
    return;
  }
  for (const auto& [part, book] : books) put(a, part, book);
}

std::optional<task> page_gatherer::next() {
  while (ready_.empty() && !ended_) {
    auto a = in_.next();
    if (!a) {
      ended_ = true;
      std::map<std::int64_t, std::string> left;
      for (const auto& [book, page] : open_) left.emplace(page.opened, book);
      for (const auto& [opened, book] : left) close(book);
    } else if (a->r.failed()) {
      ready_.push_back(passed_on(std::move(a->r), a->line));
    } else {
      take(std::move(*a));
    }
  }
  if (ready_.empty()) return std::nullopt;
  task t = std::move(ready_.front());
  ready_.pop_front();
  return t;
}

}  // namespace medvision::cli
