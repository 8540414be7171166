// SPDX-License-Identifier: Apache-2.0
#include "medvision/draw/svg.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>

namespace medvision {

std::string markup(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += "\xEF\xBF\xBD";
    else
      out += c;
  }
  return out;
}

std::string coordinate(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string for_reading(double value) {
  if (std::abs(value) < 1e15 && value == double(std::int64_t(value))) return fmt::format("{}", std::int64_t(value));
  const double size = std::abs(value);
  if (size < 0.0001 || size >= 1e15) return fmt::format("{:.4g}", value);
  return fmt::format("{:.{}f}", value, size < 100 ? 4 : size < 10000 ? 1 : 0);
}

std::string shortened(std::string_view text, std::size_t letters) {
  std::size_t met = 0, fits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (met == letters - 1) fits = i;
    if (met++ == letters) return std::string(text.substr(0, fits)) + "…";
  }
  return std::string(text);
}

line_look look_of(int number) {
  static constexpr std::array<line_look, looks> all = {{{"#0072b2", ""},
                                                        {"#d55e00", "7 3"},
                                                        {"#009e73", "3 2.5"},
                                                        {"#cc79a7", "9 3 2 3"},
                                                        {"#222222", "4 2"},
                                                        {"#b8860b", "12 3"},
                                                        {"#4b8fc4", "2 2 8 2"},
                                                        {"#7f3f98", "1 2"}}};
  return all[std::size_t(number % looks)];
}

std::string stroke(const line_look& look) {
  return fmt::format(R"(fill="none" stroke="{}" stroke-width="2" stroke-linejoin="round"{})", look.colour,
                     look.dash.empty() ? "" : fmt::format(R"( stroke-dasharray="{}")", look.dash));
}

std::string begin_svg(double width, double height, std::string_view title) {
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{0}" height="{1}" viewBox="0 0 {0} {1}" )"
      R"(font-family="sans-serif" font-size="12" fill="#222"><title>{2}</title>)"
      "\n",
      coordinate(width), coordinate(height), markup(title));
}

std::string draw_legend_entry(const legend_entry& e, double left, double top) {
  const double middle = top + legend_row / 2;
  return fmt::format(R"(<path d="M{} {}h30" {}/><text x="{}" y="{}">{}<tspan fill="#555">{}</tspan></text>)"
                     "\n",
                     coordinate(left), coordinate(middle), stroke(look_of(e.look)), coordinate(left + 38),
                     coordinate(middle + 4), markup(shortened(e.name, 34)),
                     e.note.empty() ? "" : "  " + markup(shortened(e.note, 44)));
}

}  // namespace medvision
