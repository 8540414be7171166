// SPDX-License-Identifier: Apache-2.0
#include "medvision/report/cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "medvision/draw/svg.hpp"
#include "medvision/error.hpp"
#include "medvision/report/series.hpp"

namespace medvision {
namespace {

constexpr std::size_t most_facts = 8;

std::optional<double> number_of(const std::string& text) {
  double v = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), v);
  const bool read = problem == std::errc{} && end == text.data() + text.size() && std::isfinite(v);
  return read ? std::optional(v) : std::nullopt;
}

/// A number with a fraction to its usual decimals, an undefined one as a dash; all else as it stands.
std::string readable(const std::string& text) {
  if (text == "null") return "–";
  const auto v = number_of(text);
  return v && text.find('.') != std::string::npos ? for_reading(*v) : text;
}

/// Infinity where the record has no such number, so that it comes last.
double value_of(const record& r, const std::string& field) {
  const auto v = r.failed() ? std::nullopt : number_of(r.text(field).value_or(""));
  return v.value_or(std::numeric_limits<double>::infinity());
}

}  // namespace

case_facts facts_of(const record& r, const std::vector<std::string>& fields) {
  case_facts facts;
  if (r.failed()) return facts;
  for (const std::string& word : fields) {
    const std::size_t equals = word.find('=');
    const std::string field = equals == std::string::npos ? word : word.substr(equals + 1);
    if (const auto text = r.text(field)) facts.emplace_back(word.substr(0, equals), readable(*text));
  }
  if (!fields.empty()) return facts;
  for (const auto& [name, text] : r.labels()) facts.emplace_back(name, text);
  for (const auto& [name, score] : r.scores()) facts.emplace_back(name, for_reading(score));
  for (const auto& [name, value] : r.measures()) facts.emplace_back(name, value ? for_reading(*value) : "–");
  if (facts.size() > most_facts) facts.resize(most_facts);
  return facts;
}

void case_choice::add(const record& r) {
  failed_ += r.failed();
  placed_ += !by_.empty() && !r.failed() && r.text(by_).has_value();
  place p{by_.empty() ? 0 : value_of(r, by_), met_++, record("none")};
  if (most_ == 0 || (heap_.size() == most_ && !(p < heap_.front()))) return;
  p.r = r;
  if (heap_.size() == most_) std::pop_heap(heap_.begin(), heap_.end()), heap_.pop_back();
  heap_.push_back(std::move(p));
  std::push_heap(heap_.begin(), heap_.end());
}

std::vector<record> case_choice::chosen() const {
  if (!by_.empty() && placed_ == 0 && met_ > failed_)
    throw error("E_OPTION", fmt::format("no case has '{}', so none is the smallest", by_), blame::request);
  std::vector<place> sorted = heap_;
  std::sort(sorted.begin(), sorted.end());
  std::vector<record> out;
  for (place& p : sorted) out.push_back(std::move(p.r));
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned three = 0;
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : letters[three >> (18 - 6 * k) & 63];
  }
  return out;
}

std::string cards_of(const std::vector<report_case>& cases) {
  std::string out;
  for (const report_case& c : cases) {
    out += fmt::format("<article class=\"{}\"><h3><bdi>{}</bdi></h3>", c.why.empty() ? "case" : "case failed",
                       markup(c.id));
    if (!c.jpeg.empty())
      out += fmt::format("<img width=\"{}\" height=\"{}\" alt=\"{}\" src=\"data:image/jpeg;base64,{}\">", c.size.width,
                         c.size.height, markup(c.id), base64(c.jpeg));
    if (!c.why.empty()) out += fmt::format("<p>{}</p>", markup(c.why));
    out += "<dl>";
    for (const auto& [name, text] : c.facts)
      out += fmt::format("<dt><bdi>{}</bdi></dt><dd><bdi>{}</bdi></dd>", markup(name), markup(text));
    out += "</dl></article>\n";
  }
  return out;
}

}  // namespace medvision
