// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr int max_depth = 64;
constexpr std::size_t max_members = 10000;  // of one object: members are searched one by one

// The parser keeps the last of two equal members in silence; this sees every key and refuses the second.
class member_watch {
 public:
  bool operator()(int depth, ordered_json::parse_event_t event, ordered_json& parsed) {
    using kind = ordered_json::parse_event_t;
    if (event == kind::object_start || event == kind::array_start) {
      if (depth >= max_depth) throw error("E_JSON", fmt::format("nested deeper than {} levels", max_depth));
      if (event == kind::object_start) keys_.emplace_back();
    } else if (event == kind::object_end) {
      keys_.pop_back();
    } else if (event == kind::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      auto& seen = keys_.back();
      if (std::find(seen.begin(), seen.end(), key) != seen.end())
        throw error("E_JSON", fmt::format("the member '{}' is there twice", key));
      if (seen.size() == max_members)
        throw error("E_LIMIT", fmt::format("an object has more than {} members", max_members));
      seen.push_back(key);
    }
    return true;
  }

 private:
  std::vector<std::vector<std::string>> keys_;
};

/// What a person would be shown of `text` around its byte `at`: the few bytes that end there.
std::string_view excerpt(std::string_view text, std::size_t at) {
  constexpr std::size_t most = 16;
  std::size_t begin = text.substr(0, at).rfind('\n') + 1;
  begin = std::max(begin, at > most ? at - most : 0);
  while (begin < at && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) ++begin;
  return text.substr(begin, at - begin);
}

/// Where the parser stopped and at what. Its own sentence speaks of tokens and literals, to people who wrote a parser.
error no_json(std::string_view text, const ordered_json::parse_error& e) {
  const std::size_t at = std::min(e.byte, text.size());
  const std::string_view before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = at - (before.rfind('\n') + 1);
  const std::string place =
      line > 1 ? fmt::format("line {}, column {}", line, column) : fmt::format("column {}", column);
  if (e.byte > text.size())
    return {"E_JSON", fmt::format("not JSON: it ends after {} and is not complete, at '{}'", place, excerpt(text, at))};
  const char* why =
      std::string_view(e.what()).find("UTF-8") != std::string_view::npos ? "is no UTF-8" : "cannot stand there";
  return {"E_JSON", fmt::format("not JSON: at {} what ends '{}' {}", place, excerpt(text, at), why)};
}

void append_number(std::string& out, double v) {
  if (!std::isfinite(v)) throw error("E_NONFINITE", "a number of the record is not finite");
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  out.append(text, end);
}

void append_value(std::string& out, const ordered_json& v, bool sorted);

void append_object(std::string& out, const ordered_json& v, bool sorted) {
  std::vector<std::pair<const std::string*, const ordered_json*>> members;
  members.reserve(v.size());
  for (auto it = v.begin(); it != v.end(); ++it) members.emplace_back(&it.key(), &it.value());
  if (sorted) std::sort(members.begin(), members.end(), [](auto& a, auto& b) { return *a.first < *b.first; });
  out += '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i) out += ',';
    out += ordered_json(*members[i].first).dump();
    out += ':';
    append_value(out, *members[i].second, sorted);
  }
  out += '}';
}

void append_value(std::string& out, const ordered_json& v, bool sorted) {
  if (v.is_object()) {
    append_object(out, v, sorted);
  } else if (v.is_array()) {
    out += '[';
    bool first = true;
    for (const auto& item : v) {
      if (!first) out += ',';
      first = false;
      append_value(out, item, sorted);
    }
    out += ']';
  } else if (v.is_number_float()) {
    append_number(out, v.get<double>());
  } else {
    out += v.dump();
  }
}

}  // namespace

ordered_json parse_json(std::string_view text) {
  try {
    return ordered_json::parse(text, member_watch{});
  } catch (const ordered_json::parse_error& e) {
    throw no_json(text, e);
  } catch (const ordered_json::exception&) {
    throw error("E_JSON", "a number is larger than 1.8e308, the largest that is read");
  }
}

std::string dump_json(const ordered_json& value, bool sorted) {
  try {
    std::string out;
    append_value(out, value, sorted);
    return out;
  } catch (const ordered_json::exception&) {
    throw error("E_JSON", "a text of the record is no UTF-8");
  }
}

}  // namespace medvision
