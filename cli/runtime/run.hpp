// SPDX-License-Identifier: Apache-2.0
// Running a declared program over a stream of records: a few verbs, one loop.
//
//   int main(int argc, char** argv) {
//     crop_parameters p;
//     medvision::cli::command program("med-crop", "crop to the imaged body part");
//     program.add("--pad", p.pad, "…", 0, 100000);
//     return medvision::cli::run(program, argc, argv, medvision::cli::map([&](record& r, context& c) { … }));
//   }
//
// Work functions are called from --jobs threads at once and must not share mutable state. They throw error to fail
// their record; nothing they throw ends the run unless its blame is request or environment.
#pragma once

#include <any>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command.hpp"
#include "medvision/record/record.hpp"
#include "named_text.hpp"

namespace medvision::cli {

/// What one record's work may ask of the runtime.
class context {
 public:
  virtual ~context() = default;
  /// OUT/<id>.<name>.<ext>, its folder made. Refused (E_EXISTS) when the file is there and neither --force nor
  /// --resume was said, (E_COLLISION) when another record of this run wrote it, and (E_INPUT) when this record or one
  /// before it names it as input, or with --force and --resume any record of a manifest that can be read twice. A
  /// record that reads what one before it wrote fails in its turn (E_INPUT): through a pipe that is known no earlier.
  virtual std::string product(const record& r, std::string_view name, std::string_view extension) = 0;
  /// The same for a picture: `word` unless --as says otherwise, extension as --format says.
  virtual std::string picture(const record& r, std::string_view word) = 0;
  /// The name of a map, feature or score group: `PREFIX.name` with --as PREFIX. Refused (E_NAME) when the record
  /// or a region of it already has a map or feature of that name.
  virtual std::string output_name(const record& r, std::string_view name) = 0;
  /// The result depends on this file too, which no record names: --resume does the work again once it is another.
  virtual void reads(const std::string& path) = 0;
  /// One line on stderr, with program, line and id; the record goes on.
  virtual void warn(const record& r, std::string_view sentence) = 0;
  /// Does one part of the work; false, and a warning, where it threw an item's error: for what the rest can do without.
  virtual bool attempt(const record& r, const std::function<void()>& part) = 0;
};

/// What a source hands its records to.
class source_context {
 public:
  virtual ~source_context() = default;
  /// Emits the record `id` after `work` on it; what work throws fails it. An id that can name no file gives the failed
  /// record "line-<n>", n counting from 1.
  virtual void make(const std::string& id, const std::function<void(record&)>& work) = 0;
  /// One line on stderr about the input as a whole.
  virtual void warn(std::string_view sentence) = 0;
};

/// 0 → N: makes records from the positionals (files, folders).
struct source_verb {
  std::function<void(const std::vector<std::string>& inputs, source_context& out)> make;
};
/// 1 → 1.
struct map_verb {
  std::function<void(record&, context&)> work;
};
/// How records pass the middle of a staged verb: `together` of one kind a call, on `lanes` threads at once.
struct passing {
  int lanes = 1, together = 1;
};
/// 1 → 1 in three stages: prepare and finish run on --jobs threads, forward on one thread a lane with records of one
/// kind. Only finish may ask for products.
struct staged_verb {
  std::function<std::any(record&, context&)> prepare;
  std::function<void(std::span<std::any*>, int lane)> forward;
  std::function<void(record&, context&, std::any&)> finish;
  std::function<std::string(const std::any&)> kind;
  std::function<passing()> plan;  ///< asked once the options are read
};
/// Takes a record that is done. None comes out before all of its parent's have been taken.
using emit = std::function<void(record)>;
/// 1 → N: the patches of a picture; the record itself is not emitted.
struct expand_verb {
  std::function<void(record&, context&, const emit&)> work;
};
/// N → 1, runs: the members of one parent, complete and sorted by index; returns the parent's record.
struct fold_runs_verb {
  std::function<record(std::vector<record>& members, context&)> work;
};
/// N → 1, groups: records of one key, read to the end. key: values joined by '/'; throws error when a record has none.
struct fold_groups_verb {
  std::function<std::string(const record&)> key;
  std::function<void(record& group, std::vector<record>& members, context&)> work;
};
/// A place on a page: part `part` of the page's member `member`.
struct page_part {
  std::size_t member = 0;
  int part = 0;
};
/// N → 1, pages: so many parts of records in their order, the last page as long as it is; parts of other books on pages
/// of their own. Pages come when they are full, at the end those that are not. Failed records are passed on when they
/// are met and take no place. A page's id is "<name>-<number>", from 1 in each book, or "<name>-<book>-<number>".
struct fold_pages_verb {
  std::string name;
  std::function<int()> size;  ///< parts a page; asked once the options are read
  /// The book that each part of a record belongs to, "" for the only one; what it throws of an item fails the record.
  std::function<std::map<int, std::string>(const record&)> books;
  std::function<void(record& page, std::vector<record>& members, std::span<const page_part> parts, context&)> work;
};
/// N → N, a study: what is said of each record depends on all. Failed records are passed on and shown to nobody.
struct study_verb {
  std::function<void(const record&)> look;  ///< each record in order; what it throws of an item fails that record
  std::function<std::vector<std::string>()> conclude;  ///< once all were seen; sentences for stderr, of the study
  std::function<void(record&, context&)> tell;         ///< each record again, in its place
};
/// N → one document: `add` sees each record in order (failed ones too), `finish` returns the text printed at the end;
/// `failed` from finish() makes the status 1. What `add` throws of an item is told and makes the status 1 too. `ready`,
/// where there is one, is asked after each record for text that stands already, so that a long document need not be
/// held.
struct document_verb {
  std::function<void(const record&, std::int64_t line)> add;
  std::function<std::pair<std::string, bool>()> finish;
  std::function<std::string()> ready = nullptr;
};

/// What a page of several files may ask of the runtime.
class page_context {
 public:
  virtual ~page_context() = default;
  /// Does one part of the work; "" or, where it threw an item's error, its sentence, which is told as a warning.
  virtual std::string attempt(const record& r, const std::function<void()>& part) = 0;
};
/// Files named NAME=FILE → one text; true beside it: something in it has failed, the status is 1.
struct page_verb {
  std::function<std::pair<std::string, bool>(const std::vector<named_text>& inputs, page_context&)> make;
};

int run(command& program, int argc, char** argv, source_verb verb);
int run(command& program, int argc, char** argv, map_verb verb);
int run(command& program, int argc, char** argv, staged_verb verb);
int run(command& program, int argc, char** argv, expand_verb verb);
int run(command& program, int argc, char** argv, fold_runs_verb verb);
int run(command& program, int argc, char** argv, fold_groups_verb verb);
int run(command& program, int argc, char** argv, fold_pages_verb verb);
int run(command& program, int argc, char** argv, study_verb verb);
int run(command& program, int argc, char** argv, document_verb verb);
int run(command& program, int argc, char** argv, page_verb verb);

/// Three stages with a typed value T between them (T movable).
template <class T>
staged_verb staged(std::function<T(record&, context&)> prepare, std::function<void(std::span<T*>, int)> forward,
                   std::function<void(record&, context&, T&)> finish, std::function<std::string(const T&)> kind,
                   std::function<passing()> plan) {
  return {[prepare](record& r, context& c) { return std::any(std::make_shared<T>(prepare(r, c))); },
          [forward](std::span<std::any*> items, int lane) {
            std::vector<T*> typed;
            for (std::any* a : items) typed.push_back(std::any_cast<std::shared_ptr<T>&>(*a).get());
            forward(typed, lane);
          },
          [finish](record& r, context& c, std::any& a) { finish(r, c, *std::any_cast<std::shared_ptr<T>&>(a)); },
          [kind](const std::any& a) { return kind(*std::any_cast<const std::shared_ptr<T>&>(a)); }, std::move(plan)};
}

}  // namespace medvision::cli
