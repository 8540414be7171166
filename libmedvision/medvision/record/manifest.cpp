// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/manifest.hpp"

#include <fmt/format.h>

#include <fstream>
#include <ios>

#include "medvision/error.hpp"
#include "medvision/record/json_text.hpp"

namespace medvision {
namespace {

constexpr std::size_t max_line = std::size_t{16} << 20, long_line = std::size_t{1} << 20;
constexpr std::size_t max_array = std::size_t{1} << 30;

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

struct manifest_reader::state {
  state(std::istream& stream, std::string program) : in(stream), by(std::move(program)) {}

  std::istream& in;
  std::string by;
  std::int64_t line = 0;
  bool begun = false, is_array = false;
  std::string array_problem;
  std::vector<std::string> items;  // of an array, each as text, so that memory falls as records are taken
  std::size_t next_item = 0;
  std::string text;

  // A buffer says by an exception that reading failed; the stream's own flags are never set when it is asked directly.
  template <class Read>
  auto asked(Read read) const {
    try {
      return read();
    } catch (const std::ios_base::failure&) {
      throw error("E_READ", fmt::format("the manifest could not be read on after line {}", line), blame::environment);
    }
  }
  int get() {
    return asked([this] { return in.rdbuf()->sbumpc(); });
  }
  int peek() {
    return asked([this] { return in.rdbuf()->sgetc(); });
  }

  void begin() {
    begun = true;
    if (peek() == 0xEF) {
      get();
      if (peek() == 0xBB) get();
      if (peek() == 0xBF) get();
    }
    while (peek() != EOF && blank(char(peek())))
      if (get() == '\n') ++line;
    is_array = peek() == '[';
    if (is_array) read_array();
  }

  void read_array() {
    std::string all;
    char buffer[65536];
    while (const auto n = asked([&] { return in.rdbuf()->sgetn(buffer, sizeof buffer); })) {
      all.append(buffer, std::size_t(n));
      if (all.size() > max_array) {
        array_problem = "a manifest that is one JSON array may have 1 GiB at most; write one record a line";
        return;
      }
    }
    try {
      ordered_json list = parse_json(all);
      for (auto& item : list) {
        items.push_back(dump_json(item));
        item = nullptr;
      }
    } catch (const error& e) {
      array_problem = e.what();
    }
  }

  // One line into `text`; false at the end. A line beyond the cap is skipped, with `text` left empty.
  bool read_line(bool& too_long) {
    text.clear();
    too_long = false;
    int c = get();
    if (c == EOF) return false;
    for (; c != EOF && c != '\n'; c = get()) {
      if (too_long) continue;
      // Doubling on towards the cap would take twice the memory of the longest line; what is not touched costs nothing.
      if (text.size() == long_line) text.reserve(max_line + 1);
      text.push_back(char(c));
      if (text.size() > max_line) {
        too_long = true;
        text = std::string();
      }
    }
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
};

manifest_reader::manifest_reader(std::istream& in, std::string by)
    : state_(std::make_unique<state>(in, std::move(by))) {}
manifest_reader::~manifest_reader() = default;

std::int64_t manifest_reader::line() const { return state_->line; }

std::optional<record> manifest_reader::next() {
  state& s = *state_;
  if (!s.begun) s.begin();
  if (s.is_array) {
    if (!s.array_problem.empty()) {
      s.line = 1;
      record r = s.failed("E_JSON", s.array_problem);
      s.array_problem.clear();
      return r;
    }
    if (s.next_item == s.items.size()) return std::nullopt;
    s.line = std::int64_t(s.next_item) + 1;
    const std::string one = std::move(s.items[s.next_item++]);
    return s.parsed(one);
  }
  bool too_long = false;
  while (s.read_line(too_long)) {
    ++s.line;
    if (too_long) return s.failed("E_LIMIT", "longer than 16 MiB");
    while (!s.text.empty() && blank(s.text.back())) s.text.pop_back();
    if (s.text.find_first_not_of(" \t") != std::string::npos) return s.parsed(s.text);
  }
  return std::nullopt;
}

std::ifstream open_manifest(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw error("E_MISSING", fmt::format("the manifest {} cannot be read", path), blame::request);
  return file;
}

bool looks_like_manifest(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (in.peek() == 0xEF) in.ignore(3);
  int c = in.get();
  while (c != EOF && blank(char(c))) c = in.get();
  return c == EOF || c == '{' || c == '[';
}

}  // namespace medvision
