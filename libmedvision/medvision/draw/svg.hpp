// SPDX-License-Identifier: Apache-2.0
// The words that drawings as text are made of: safe, short, and told apart without colour too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace medvision {

/// Text for HTML and SVG, between tags or in a quoted attribute: what could be markup is escaped, and a control
/// character becomes U+FFFD. text: UTF-8.
std::string markup(std::string_view text);

/// A coordinate, in hundredths, without trailing zeros.
std::string coordinate(double value);

/// A number for people: whole numbers as they are, four decimals below 100, one below 10 000, none above; what is very
/// small or large to four digits.
std::string for_reading(double value);

/// At most `letters` characters, the last one an ellipsis where some were cut. text: UTF-8.
std::string shortened(std::string_view text, std::size_t letters);

/// How the line of a series looks: colours of Okabe and Ito's set (2008), dark enough for lines on white, and dashes,
/// so that they are told apart in grey print and with any colour vision.
struct line_look {
  std::string_view colour, dash;  ///< dash: of stroke-dasharray, "" for a whole line
};
inline constexpr int looks = 8;
/// number: from 0; from `looks` on they repeat.
line_look look_of(int number);

/// The attributes of a line of that look.
std::string stroke(const line_look& look);

/// The beginning of a drawing that stands by itself. width, height: pixels. title: read aloud where it is not seen.
std::string begin_svg(double width, double height, std::string_view title);

/// A sample of each line with its name and note, one below the other from `top` on; 18 pixels a row.
struct legend_entry {
  std::string name, note;
  int look = 0;
};
std::string draw_legend_entry(const legend_entry& e, double left, double top);
inline constexpr double legend_row = 18;

}  // namespace medvision
