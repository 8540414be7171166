// SPDX-License-Identifier: Apache-2.0
#include "medvision/draw/hexagon.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "error_code.hpp"

using namespace medvision;

namespace {
const std::vector<std::string> six = {"accuracy", "recall", "precision", "F-measure", "specificity", "ROC <AUC>"};
int count(const std::string& text, const std::string& word) {
  int n = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}
}  // namespace

TEST_CASE("the first axis points up, and the rim is where every value is 1") {
  const std::string svg = draw_hexagon("six", six, std::vector<drawn_polygon>{{"all", "", {1, 1, 1, 1, 1, 1}, 0}});
  CHECK(svg.find("class=\"curve\" d=\"M220 76L349.9 151L349.9 301L220 376L90.1 301L90.1 151Z\"") != std::string::npos);
  CHECK(count(svg, "<circle") == 6);
  CHECK(svg.find("ROC &lt;AUC&gt;") != std::string::npos);
  const std::string none = draw_hexagon("six", six, std::vector<drawn_polygon>{{"none", "", {0, 0, 0, 0, 0, 0}, 0}});
  CHECK(none.find("d=\"M220 226L220 226L220 226L220 226L220 226L220 226Z\"") != std::string::npos);
}

TEST_CASE("beside an undefined value is a gap") {
  const std::string svg = draw_hexagon("six", six, std::vector<drawn_polygon>{{"some", "", {1, 1, {}, 1, 1, 1}, 0}});
  CHECK(count(svg, "<circle") == 5);
  CHECK(svg.find("class=\"curve\" d=\"M220 76L349.9 151M220 376L90.1 301M90.1 301L90.1 151M90.1 151L220 76\"") !=
        std::string::npos);
  const std::string all =
      draw_hexagon("six", six, std::vector<drawn_polygon>{{"none", "", {{}, {}, {}, {}, {}, {}}, 0}});
  CHECK(count(all, "<circle") == 0);
  CHECK(all.find(">none<") != std::string::npos);
}

TEST_CASE("values beyond the rim are drawn on it") {
  const std::string svg =
      draw_hexagon("t", std::vector<std::string>{"a", "b", "c"}, std::vector<drawn_polygon>{{"k", "", {2, -1, 1}, 0}});
  CHECK(svg.find("cx=\"220\" cy=\"76\"") != std::string::npos);
  CHECK(svg.find("cx=\"220\" cy=\"226\"") != std::string::npos);
}

TEST_CASE("what makes no polygon is refused") {
  CHECK(code_of([] { draw_hexagon("t", std::vector<std::string>{"a", "b"}, {}); }) == "E_SHAPE");
  CHECK(code_of([] { draw_hexagon("t", six, std::vector<drawn_polygon>{{"a", "", {1}, 0}}); }) == "E_SHAPE");
  CHECK(code_of([] {
          draw_hexagon("t", six, std::vector<drawn_polygon>{{"a", "", {NAN, 1, 1, 1, 1, 1}, 0}});
        }) == "E_RANGE");
}
