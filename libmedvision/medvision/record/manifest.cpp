// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/manifest.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iostream>
#include <utility>

#include "medvision/error.hpp"
#include "medvision/record/array_items.hpp"
#include "medvision/record/given_file.hpp"
#include "medvision/record/json_text.hpp"
#include "medvision/record/manifest_bytes.hpp"

namespace medvision {
namespace {

constexpr std::size_t max_text = std::size_t{16} << 20;  // of a line, or of one element of an array

}  // namespace

struct manifest_reader::state {
  state(std::istream& stream, std::string program) : in(stream), by(std::move(program)) {}

  manifest_bytes in;
  std::string by;
  std::int64_t line = 0;
  bool begun = false;
  std::optional<array_items> items;  // where the manifest is one array
  capped_text pieces{max_text};      // of a line that is in more than one chunk

  void begin() {
    begun = true;
    for (const int mark : {0xEF, 0xBB, 0xBF}) {
      if (in.peek() != mark) break;
      in.take(1);
    }
    for (int c = in.peek(); c != EOF && is_blank(char(c)); c = in.peek()) {
      if (c == '\n') ++line;
      in.take(1);
    }
    if (in.peek() != '[') return;
    items.emplace(in, max_text, line + 1);
    line = 0;
  }

  // One line, good until the next; false at the end. A line beyond the cap is skipped, with `line_text` left empty.
  bool read_line(std::string_view& line_text, bool& too_long) {
    pieces.clear();
    line_text = {};
    too_long = false;
    if (in.peek() == EOF) return false;
    for (bool ended = false; !ended;) {
      const std::string_view ready = in.ready();
      if (ready.empty()) break;
      const std::size_t stop = ready.find('\n');
      ended = stop != std::string_view::npos;
      const std::string_view part = ready.substr(0, stop);
      in.take(part.size() + (ended ? 1 : 0));
      if (ended && pieces.text().empty() && !pieces.too_long()) return line_text = part, true;
      pieces.add(part);
    }
    line_text = pieces.text();
    too_long = pieces.too_long();
    return true;
  }

  record failed(std::string_view code, std::string_view what) const {
    record r(fmt::format("line-{}", line));
    r.fail(by, code, what);
    return r;
  }

  record parsed(std::string_view one) const {
    try {
      record r = record::parse(one);
      if (const auto f = r.get_failure(); f && f->by == "manifest") r.fail(by, f->code, f->what);
      return r;
    } catch (const error& e) {
      return failed(e.code(), e.what());
    }
  }

  record parsed(const array_item& item) const {
    if (item.too_long) return failed("E_LIMIT", "longer than 16 MiB");
    if (!item.problem.empty())
      return failed("E_JSON", fmt::format("line {}, column {}: {}", item.begin.line, item.begin.column, item.problem));
    record r = parsed(item.text);
    if (const auto f = r.get_failure(); f && f->code == "E_JSON" && f->by == by) try {
        parse_json_simply(item.text, item.begin);  // says the same of places in the file
      } catch (const error& e) {
        return failed(e.code(), e.what());
      }
    return r;
  }

  std::optional<record> next() {
    if (!begun) begin();
    if (items) {
      const auto item = items->next();
      if (!item) return std::nullopt;
      ++line;
      return parsed(*item);
    }
    bool too_long = false;
    for (std::string_view text; read_line(text, too_long);) {
      ++line;
      if (too_long) return failed("E_LIMIT", "longer than 16 MiB");
      while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
      if (text.find_first_not_of(" \t") != std::string_view::npos) return parsed(text);
    }
    return std::nullopt;
  }
};

manifest_reader::manifest_reader(std::istream& in, std::string by)
    : state_(std::make_unique<state>(in, std::move(by))) {}
manifest_reader::~manifest_reader() = default;

std::int64_t manifest_reader::line() const { return state_->line; }

std::optional<record> manifest_reader::next() {
  try {
    return state_->next();
  } catch (const std::ios_base::failure&) {
    throw error("E_READ", fmt::format("the manifest could not be read on after line {}", state_->line),
                blame::environment);
  }
}

std::ifstream open_manifest(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  const int code = !file                                          ? errno
                   : std::filesystem::is_directory(path, ignored) ? EISDIR
                                                                  : 0;  // a folder opens, and cannot be read
  if (code == 0 && std::filesystem::is_regular_file(path, ignored) && file.get() == 0x1F && file.get() == 0x8B)
    throw error("E_FORMAT", fmt::format("the manifest {} is compressed; gunzip -c it into a pipe", path),
                blame::request);
  if (code == 0) {
    file.clear();
    if (std::filesystem::is_regular_file(path, ignored)) file.seekg(0);
    return file;
  }
  const bool shortage = code == EMFILE || code == ENFILE || code == ENOMEM;
  throw error(shortage ? "E_READ" : "E_MISSING",
              fmt::format("the manifest {} cannot be read: {}", path, std::strerror(code)),
              shortage ? blame::environment : blame::request);
}

void read_manifest(const std::string& path, const std::string& by, const std::function<void(record)>& see) {
  std::ifstream file;
  if (path == "-")
    take_standard_input();
  else
    file = open_manifest(path);
  manifest_reader reader(path == "-" ? std::cin : file, by);
  while (auto r = reader.next()) see(std::move(*r));
}

bool looks_like_manifest(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (in.peek() == 0xEF) in.ignore(3);
  int c = in.get();
  while (c != EOF && is_blank(char(c))) c = in.get();
  return c == EOF || c == '{' || c == '[';
}

}  // namespace medvision
