// SPDX-License-Identifier: Apache-2.0
#include "medvision/draw/svg.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace medvision;

TEST_CASE("text cannot become markup, in an attribute or between tags") {
  CHECK(markup("<a href='x' onclick=\"y\">&amp;") == "&lt;a href=&#39;x&#39; onclick=&quot;y&quot;&gt;&amp;amp;");
  CHECK(markup("µm ≥ 3 — ok") == "µm ≥ 3 — ok");
  CHECK(markup(std::string("a\0b\x1b[31m\n", 8)) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD[31m");
  CHECK(markup("").empty());
}

TEST_CASE("numbers are short") {
  CHECK(coordinate(3) == "3");
  CHECK(coordinate(-0.001) == "0");
  CHECK(coordinate(12.346) == "12.35");
  CHECK(coordinate(100) == "100");
  CHECK(for_reading(0.81234) == "0.8123");
  CHECK(for_reading(1) == "1");
  CHECK(for_reading(123456.7) == "123457");
  CHECK(for_reading(6440.62) == "6440.6");
  CHECK(for_reading(1.25e16) == "1.25e+16");
  CHECK(for_reading(0.00001234) == "1.234e-05");
  CHECK(for_reading(-3) == "-3");
}

TEST_CASE("names are cut by letters, not by bytes") {
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("abcd", 3) == "ab…");
  CHECK(shortened("ääää", 3) == "ää…");
  CHECK(shortened("ää", 3) == "ää");
}

TEST_CASE("eight looks differ in colour and in dash, then they repeat") {
  std::set<std::string_view> colours, dashes;
  for (int i = 0; i < looks; ++i) colours.insert(look_of(i).colour), dashes.insert(look_of(i).dash);
  CHECK(colours.size() == looks);
  CHECK(dashes.size() == looks);
  CHECK(look_of(looks).colour == look_of(0).colour);
  CHECK(stroke(look_of(0)).find("dasharray") == std::string::npos);
  CHECK(stroke(look_of(1)).find("stroke-dasharray=\"7 3\"") != std::string::npos);
}

TEST_CASE("a drawing begins with its size and its title, and a legend entry has its line") {
  CHECK(begin_svg(440, 20.5, "a<b").find("width=\"440\" height=\"20.5\" viewBox=\"0 0 440 20.5\"") !=
        std::string::npos);
  CHECK(begin_svg(1, 1, "a<b").find("<title>a&lt;b</title>") != std::string::npos);
  const std::string entry = draw_legend_entry({"x&y", "AUC 1", 1}, 10, 0);
  CHECK(entry.find("x&amp;y") != std::string::npos);
  CHECK(entry.find("#d55e00") != std::string::npos);
  CHECK(entry.find("AUC 1") != std::string::npos);
}
