// SPDX-License-Identifier: Apache-2.0
// Records as a table: aligned, complete, and safe to print.
#include "medvision/record/table.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace medvision;

TEST_CASE("columns are aligned and the last has no trailing blanks") {
  record_table table;
  CHECK(table.take(true).empty());
  CHECK(table.take(false).empty());
  table.add(record::parse(R"({"id":"a","image":"a.png","width":5,"height":4,"channels":3,"depth":"u8",)"
                          R"("maps":{"v":{"path":"v.npy","shape":[1,4,5],"classes":[],"frame":[1,0,0,0,1,0]}}})"),
            {});
  table.add(record::parse(R"({"id":"longer","image":"b.png"})"), {"first", "second", "third"});
  CHECK(table.take(true) ==
        "id      size      image  maps     problem\n"
        "a       5x4x3 u8  a.png  v 1x4x5  -\n"
        "longer  -         b.png  -        first (and 2 more)\n");
}

TEST_CASE("a failed record shows its failure whatever else it holds, and control characters do not reach a terminal") {
  record_table table;
  table.add(record::parse(R"({"id":"f","maps":7,"error":{"by":"med-crop","code":"E_X","what":"x"}})"), {"med-crop: x"});
  table.add(record::parse(R"({"id":"g","image":"a\n\u001b[2J.png"})"), {});
  CHECK(table.take(true) ==
        "id  size  image       maps  problem\n"
        "f   -     -           -     med-crop: x\n"
        "g   -     a??[2J.png  -     -\n");
}

TEST_CASE("letters of several bytes count as one") {
  record_table table;
  table.add(record::parse(R"({"id":"Jürgen","image":"é.png"})"), {});
  CHECK(table.take(true) ==
        "id      size  image  maps  problem\n"
        "Jürgen  -     é.png  -     -\n");
}

TEST_CASE("a long table is given row by row once its columns are measured, with nothing lost or doubled") {
  record_table table;
  std::string whole, first;
  const int n = int(record_table::measured) + 500;
  for (int i = 0; i < n; ++i) {
    const bool wide = i + 1 == n;
    table.add(record::parse(R"({"id":"c)" + std::to_string(100000 + i) + (wide ? "wider" : "") + R"(","image":"i"})"),
              {});
    const std::string now = table.take(false);
    if (whole.empty()) first = now;
    CHECK(now.empty() == (i + 2 <= int(record_table::measured)));  // a header line comes before
    whole += now;
  }
  CHECK(table.take(true).empty());
  CHECK(std::count(first.begin(), first.end(), '\n') == int(record_table::measured) + 1);
  CHECK(std::count(whole.begin(), whole.end(), '\n') == n + 1);
  CHECK(whole.starts_with("id       size  image  maps  problem\nc100000  -     i      -     -\n"));
  CHECK(whole.ends_with("wider  -     i      -     -\n"));
}
