// SPDX-License-Identifier: Apache-2.0
// Records as a table: aligned, complete, and safe to print.
#include "medvision/record/table.hpp"

#include <doctest/doctest.h>

using namespace medvision;

TEST_CASE("columns are aligned and the last has no trailing blanks") {
  record_table table;
  CHECK(table.text().empty());
  table.add(record::parse(R"({"id":"a","image":"a.png","width":5,"height":4,"channels":3,"depth":"u8",)"
                          R"("maps":{"v":{"path":"v.npy","shape":[1,4,5],"classes":[],"frame":[1,0,0,0,1,0]}}})"),
            {});
  table.add(record::parse(R"({"id":"longer","image":"b.png"})"), {"first", "second", "third"});
  CHECK(table.text() ==
        "id      size      image  maps     problem\n"
        "a       5x4x3 u8  a.png  v 1x4x5  -\n"
        "longer  -         b.png  -        first (and 2 more)\n");
}

TEST_CASE("a failed record shows its failure whatever else it holds, and control characters do not reach a terminal") {
  record_table table;
  table.add(record::parse(R"({"id":"f","maps":7,"error":{"by":"med-crop","code":"E_X","what":"x"}})"), {"med-crop: x"});
  table.add(record::parse(R"({"id":"g","image":"a\n\u001b[2J.png"})"), {});
  CHECK(table.text() ==
        "id  size  image       maps  problem\n"
        "f   -     -           -     med-crop: x\n"
        "g   -     a??[2J.png  -     -\n");
}

TEST_CASE("letters of several bytes count as one") {
  record_table table;
  table.add(record::parse(R"({"id":"Jürgen","image":"é.png"})"), {});
  CHECK(table.text() ==
        "id      size  image  maps  problem\n"
        "Jürgen  -     é.png  -     -\n");
}
