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

// The library's sentence without its exception name and number.
std::string reason(const std::exception& e) {
  std::string what = e.what();
  if (const auto end = what.find("] "); what.starts_with('[') && end != std::string::npos) what.erase(0, end + 2);
  // The text is one line of a manifest, so its line 1 would only mislead; the column helps.
  if (const std::string noise = "parse error at line 1, "; what.starts_with(noise)) what.erase(0, noise.size());
  return "not JSON: " + what;
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
  } catch (const ordered_json::exception& e) {
    throw error("E_JSON", reason(e));
  }
}

std::string dump_json(const ordered_json& value, bool sorted) {
  try {
    std::string out;
    append_value(out, value, sorted);
    return out;
  } catch (const ordered_json::exception& e) {
    throw error("E_JSON", reason(e));
  }
}

}  // namespace medvision
