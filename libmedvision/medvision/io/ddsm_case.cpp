// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/ddsm_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/io/dicom_header.hpp"

namespace medvision {
namespace {

constexpr std::size_t longest_case = 65536;

[[noreturn]] void refuse(const std::string& sentence) { throw error("E_DDSM_VALUE", "DDSM: " + sentence); }

std::vector<std::string_view> split(std::string_view text, std::string_view at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.size(), text.find_first_not_of(at));
    text.remove_prefix(begin);
    const std::size_t size = std::min(text.size(), text.find_first_of(at));
    if (size > 0) parts.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return parts;
}

/// Somebody else's word, fit for a sentence: short, and of ASCII.
std::string shown(std::string_view word) {
  std::string text(word.substr(0, 24));
  for (char& c : text)
    if (c <= ' ' || c > '~') c = '?';
  return text;
}

template <class Number>
std::optional<Number> number_in(std::string_view word) {
  Number value{};
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (fault != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// What stands behind `name` in a line; "" when it is not there.
std::string_view behind(const std::vector<std::string_view>& line, std::string_view name) {
  const auto found = std::ranges::find(line, name);
  return found == line.end() || found + 1 == line.end() ? std::string_view() : *(found + 1);
}

int size_in(const std::vector<std::string_view>& line, std::string_view name) {
  const std::string_view word = behind(line, name);
  const auto value = number_in<int>(word);
  if (!value || *value < 1 || *value > 65535)
    refuse(fmt::format("{} has {} '{}', expected 1 to 65535", line[0], name, shown(word)));
  return *value;
}

void read_sequence(const std::vector<std::string_view>& line, ddsm_case& about) {
  about.height = size_in(line, "LINES");
  about.width = size_in(line, "PIXELS_PER_LINE");
  const std::string_view bits = behind(line, "BITS_PER_PIXEL");
  about.bits = number_in<int>(bits).value_or(0);
  if (about.bits != 12 && about.bits != 16)
    refuse(fmt::format("{} has BITS_PER_PIXEL '{}', expected 12 or 16", line[0], shown(bits)));
  const auto micrometres = number_in<double>(behind(line, "RESOLUTION"));
  if (micrometres && *micrometres >= 1 && *micrometres <= 1000) about.micrometres = *micrometres;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<ddsm_name> ddsm_name_of(const std::string& path) {
  const std::size_t begin = path.rfind('/') + 1;
  std::string_view file = std::string_view(path).substr(begin);
  ddsm_name name;
  name.is_decoded = file.ends_with(".1");
  if (name.is_decoded) file.remove_suffix(2);
  if (!file.ends_with(".LJPEG")) return std::nullopt;
  file.remove_suffix(6);
  const std::size_t dot = file.find('.'), first = file.find('_'), second = file.find('_', first + 1);
  if (dot == std::string_view::npos || first != 1 || second >= dot) return std::nullopt;
  const std::string_view number = file.substr(2, second - 2), part = file.substr(second + 1, dot - second - 1);
  name.institution = file[0];
  name.sequence = file.substr(dot + 1);
  if (name.institution < 'A' || name.institution > 'Z' || !is_number(number) || !is_number(part)) return std::nullopt;
  const std::string_view sequence = name.sequence;
  const std::size_t bar = sequence.find('_');
  const std::string_view side = sequence.substr(0, bar);
  if (bar == std::string_view::npos || (side != "LEFT" && side != "RIGHT")) return std::nullopt;
  name.side = side.substr(0, 1);
  name.view = sequence.substr(bar + 1);
  if (name.view != "CC" && name.view != "MLO") return std::nullopt;
  name.patient = fmt::format("{}-{}", name.institution, number);
  name.case_file = fmt::format("{}{}-{}.ics", path.substr(0, begin), name.patient, part);
  return name;
}

ddsm_case parse_ddsm_case(std::string_view text, const std::string& sequence) {
  ddsm_case about;
  bool found = false;
  for (const std::string_view whole : split(text, "\n")) {
    const std::vector<std::string_view> line = split(whole, " \t\r");
    if (line.empty()) continue;
    if (line[0] == "DIGITIZER" && line.size() > 1) about.digitizer = shown(line[1]);
    if (line[0] == "DENSITY" && line.size() > 1 && line[1].size() == 1 && line[1][0] >= '1' && line[1][0] <= '4')
      about.breast_density = line[1];
    if (line[0] != sequence) continue;
    if (found) refuse(fmt::format("{} is described twice", sequence));
    found = true;
    read_sequence(line, about);
  }
  if (!found) refuse(fmt::format("no line describes {}", sequence));
  return about;
}

ddsm_case read_ddsm_case(const std::string& path, const std::string& sequence) {
  return naming_file(path, [&](input_file& file) {
    if (file.size() > longest_case)
      throw error("E_TOO_LARGE", fmt::format("DDSM: {} bytes, expected {} at most", file.size(), longest_case));
    std::string text(file.size(), '\0');
    text.resize(file.read(text.data(), text.size()));
    return parse_ddsm_case(text, sequence);
  });
}

}  // namespace medvision
