// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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
  std::string text;                 // of a line that is in more than one chunk
  std::array<char, 65536> chunk{};  // what the stream had ready when last asked, and no more: a pipe may be slow
  const char *at = nullptr, *end = nullptr;  // of the chunk, what is not taken yet

  // A buffer says by an exception that reading failed; the stream's own flags are never set when it is asked directly.
  template <class Read>
  auto asked(Read read) const {
    try {
      return read();
    } catch (const std::ios_base::failure&) {
      throw error("E_READ", fmt::format("the manifest could not be read on after line {}", line), blame::environment);
    }
  }
  bool fill() {
    return asked([this] {
      if (in.rdbuf()->sgetc() == EOF) return false;
      const auto ready = std::clamp<std::streamsize>(in.rdbuf()->in_avail(), 1, std::streamsize(chunk.size()));
      at = chunk.data();
      end = at + in.rdbuf()->sgetn(chunk.data(), ready);
      return true;
    });
  }
  int peek() { return at != end || fill() ? static_cast<unsigned char>(*at) : EOF; }
  int get() {
    const int c = peek();
    if (c != EOF) ++at;
    return c;
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
    while (peek() != EOF) {
      all.append(at, end);
      at = end;
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

  // One line, good until the next; false at the end. A line beyond the cap is skipped, with `line_text` left empty.
  bool read_line(std::string_view& line_text, bool& too_long) {
    text.clear();
    line_text = {};
    too_long = false;
    if (peek() == EOF) return false;
    for (bool ended = false; !ended && peek() != EOF;) {
      const char* stop = std::find(at, end, '\n');
      ended = stop != end;
      const std::string_view part(at, std::size_t(stop - at));
      at = stop + (ended ? 1 : 0);
      if (ended && text.empty() && !too_long) return line_text = part, true;
      too_long = too_long || text.size() + part.size() > max_line;
      if (too_long)
        text = std::string();
      else
        keep(part);
    }
    line_text = text;
    return true;
  }

  // Doubling on towards the cap would take twice the memory of the longest line; what is not touched costs nothing.
  void keep(std::string_view part) {
    if (text.size() + part.size() > long_line) text.reserve(max_line + 1);
    text += part;
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
  for (std::string_view text; s.read_line(text, too_long);) {
    ++s.line;
    if (too_long) return s.failed("E_LIMIT", "longer than 16 MiB");
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    if (text.find_first_not_of(" \t") != std::string_view::npos) return s.parsed(text);
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
