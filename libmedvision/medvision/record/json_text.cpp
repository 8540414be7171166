// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/record/json_reader.hpp"

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

/// bytes: up to and with the one at which it is no JSON; more than there are where it is not complete.
error no_json(std::string_view text, std::size_t bytes, const char* why, const json_place& begin) {
  const std::size_t at = std::min(bytes, text.size());
  const std::string_view before = text.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::int64_t line = lines + begin.line;
  const std::int64_t column = std::int64_t(at - (before.rfind('\n') + 1)) + (lines == 0 ? begin.column - 1 : 0);
  const std::string place =
      line > 1 ? fmt::format("line {}, column {}", line, column) : fmt::format("column {}", column);
  if (bytes > text.size())
    return {"E_JSON", fmt::format("not JSON: it ends after {} and is not complete, at '{}'", place, excerpt(text, at))};
  return {"E_JSON", fmt::format("not JSON: at {} what ends '{}' {}", place, excerpt(text, at), why)};
}

void append_number(std::string& out, double v) {
  if (!std::isfinite(v)) throw error("E_NONFINITE", "a number of the record is not finite");
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  out.append(text, end);
  if (v == 0 && std::signbit(v)) out += ".0";  // "-0" is a whole number to who reads it, and loses its sign
}

template <class T>
void append_whole(std::string& out, T v) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
}

// Text that needs no escape goes out as it is; of all other the library decides how, and whether it is UTF-8.
void append_text(std::string& out, const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; });
  if (plain)
    out.append(1, '"').append(text).append(1, '"');
  else
    out += ordered_json(text).dump();
}

void append_value(std::string& out, const ordered_json& v, bool sorted);

void append_object(std::string& out, const ordered_json& v, bool sorted) {
  const auto& members = v.get_ref<const ordered_json::object_t&>();
  bool first = true;
  const auto append = [&](const auto& member) {
    if (!first) out += ',';
    first = false;
    append_text(out, member.first);
    out += ':';
    append_value(out, member.second, sorted);
  };
  if (!sorted) {
    for (const auto& member : members) append(member);
  } else {
    std::vector<const ordered_json::object_t::value_type*> in_order;
    for (const auto& member : members) in_order.push_back(&member);
    std::sort(in_order.begin(), in_order.end(), [](auto* a, auto* b) { return a->first < b->first; });
    for (const auto* member : in_order) append(*member);
  }
}

void append_array(std::string& out, const ordered_json& v, bool sorted) {
  bool first = true;
  for (const auto& item : v) {
    if (!first) out += ',';
    first = false;
    append_value(out, item, sorted);
  }
}

void append_value(std::string& out, const ordered_json& v, bool sorted) {
  using kind = ordered_json::value_t;
  switch (v.type()) {
    case kind::object:
      out += '{';
      append_object(out, v, sorted);
      out += '}';
      break;
    case kind::array:
      out += '[';
      append_array(out, v, sorted);
      out += ']';
      break;
    case kind::string:
      append_text(out, v.get_ref<const std::string&>());
      break;
    case kind::number_float:
      append_number(out, v.get<double>());
      break;
    case kind::number_unsigned:
      append_whole(out, v.get<std::uint64_t>());
      break;
    case kind::number_integer:
      append_whole(out, v.get<std::int64_t>());
      break;
    default:
      out += v.dump();
  }
}

}  // namespace

ordered_json parse_json(std::string_view text) {
  if (auto value = read_json(text)) return *std::move(value);
  return parse_json_simply(text);
}

ordered_json parse_json_simply(std::string_view text, const json_place& begin) {
  constexpr const char* misplaced = "cannot stand there";
  try {
    ordered_json value = ordered_json::parse(text, member_watch{});
    // A zero is the end to the parser, and what stands behind it would be lost in silence.
    if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
      throw no_json(text, zero + 1, misplaced, begin);
    return value;
  } catch (const ordered_json::parse_error& e) {
    // Its own sentence speaks of tokens and literals, to people who wrote a parser.
    const bool bytes = std::string_view(e.what()).find("UTF-8") != std::string_view::npos;
    throw no_json(text, e.byte, bytes ? "is no UTF-8" : misplaced, begin);
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
