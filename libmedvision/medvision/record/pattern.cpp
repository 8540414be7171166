// SPDX-License-Identifier: Apache-2.0
// Matching by a table of which rest fits from where, so that no name takes longer than its length times itself.
#include "medvision/record/pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr std::size_t longest = 1024;

[[noreturn]] void refuse(std::string_view pattern, const std::string& why) {
  throw error("E_OPTION", fmt::format("the pattern '{}' {}", pattern.substr(0, 200), why), blame::request);
}

bool is_name(std::string_view s) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (s.empty() || !letter(s[0])) return false;
  for (const char c : s)
    if (!letter(c) && (c < '0' || c > '9')) return false;
  return true;
}

}  // namespace

name_pattern::part name_pattern::read_field(std::string_view inside) const {
  const std::size_t colon = inside.find(':');
  part p{true, std::string(inside.substr(0, colon)), 0};
  if (!is_name(p.text)) refuse(text_, fmt::format("has a field named '{}', expected letters, digits and _", p.text));
  if (colon == std::string_view::npos) return p;
  const std::string_view digits = inside.substr(colon + 1);
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), p.length);
  if (problem != std::errc{} || end != digits.data() + digits.size() || p.length < 1 || p.length > 255)
    refuse(text_, fmt::format("gives field {} the length '{}', expected 1 to 255", p.text, digits));
  return p;
}

void name_pattern::check_order() const {
  std::set<std::string> names;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const part& p = parts_[i];
    if (!p.field) continue;
    if (p.text != "_" && !names.insert(p.text).second) refuse(text_, fmt::format("has field {} twice", p.text));
    if (i > 0 && parts_[i - 1].field && p.length == 0 && parts_[i - 1].length == 0)
      refuse(text_, fmt::format("has {} right after {}; give one a length, such as {{{}:1}}", p.text,
                                parts_[i - 1].text, p.text));
  }
}

name_pattern::name_pattern(std::string_view text) : text_(text) {
  if (text.size() > longest) refuse(text, fmt::format("is longer than {} bytes", longest));
  while (!text.empty()) {
    const std::size_t brace = text.find_first_of("{}");
    if (brace > 0) parts_.push_back({false, std::string(text.substr(0, brace)), 0});
    if (brace == std::string_view::npos) break;
    const std::size_t end = text.find_first_of("{}", brace + 1);
    if (text[brace] == '}' || end == std::string_view::npos || text[end] == '{')
      refuse(text_, "has a brace without its partner");
    parts_.push_back(read_field(text.substr(brace + 1, end - brace - 1)));
    text.remove_prefix(end + 1);
  }
  check_order();
}

std::optional<std::vector<std::pair<std::string, std::string>>> name_pattern::match(std::string_view name) const {
  const std::size_t n = name.size(), count = parts_.size();
  if (n > longest) return std::nullopt;
  // longest_end[i][at]: the furthest end of part i begun at `at` from where the rest fits; npos when none.
  std::vector<std::vector<std::size_t>> ends(count, std::vector<std::size_t>(n + 1, std::string_view::npos));
  std::vector<bool> fits(n + 1, false);
  fits[n] = true;
  for (std::size_t i = count; i-- > 0;) {
    const part& p = parts_[i];
    std::vector<bool> fits_here(n + 1, false);
    std::size_t furthest = std::string_view::npos;  // the last place at or behind `at + 1` from where the rest fits
    for (std::size_t at = n + 1; at-- > 0;) {
      std::size_t end = std::string_view::npos;
      if (p.field && p.length == 0)
        end = furthest;
      else if (const std::size_t size = p.field ? p.length : p.text.size();
               size <= n - at && fits[at + size] && (p.field || name.substr(at, size) == p.text))
        end = at + size;
      ends[i][at] = end;
      fits_here[at] = end != std::string_view::npos;
      if (fits[at] && furthest == std::string_view::npos) furthest = at;
    }
    fits = std::move(fits_here);
  }
  if (!fits[0]) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> fields;
  for (std::size_t i = 0, at = 0; i < count; at = ends[i][at], ++i)
    if (parts_[i].field && parts_[i].text != "_")
      fields.emplace_back(parts_[i].text, name.substr(at, ends[i][at] - at));
  return fields;
}

std::string name_pattern::fill(const std::map<std::string, std::string>& values) const {
  std::string out;
  for (const part& p : parts_) {
    const auto value = p.field ? values.find(p.text) : values.end();
    if (p.field && value == values.end()) {
      std::string known;
      for (const auto& [name, unused] : values) known += fmt::format("{}{{{}}}", known.empty() ? "" : ", ", name);
      refuse(text_, fmt::format("has the field {{{}}}, expected one of {}", p.text, known));
    }
    out += p.field ? value->second : p.text;
  }
  return out;
}

named_pattern parse_named_pattern(std::string_view text, std::string_view default_name) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  const std::size_t end = std::min(text.find_first_not_of(allowed), text.size());
  if (end == 0 || end == text.size() || text[end] != '=') return {std::string(default_name), name_pattern(text)};
  return {std::string(text.substr(0, end)), name_pattern(text.substr(end + 1))};
}

}  // namespace medvision
