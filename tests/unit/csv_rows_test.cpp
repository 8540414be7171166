// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/csv_rows.hpp"

#include <doctest/doctest.h>

#include "medvision/error.hpp"
#include "medvision/record/csv.hpp"

using namespace medvision;

TEST_CASE("columns are named by themselves or by the user") {
  const auto columns = csv_columns({"case=id", "tags.side"});
  REQUIRE(columns.size() == 2);
  CHECK(columns[0].name == "case");
  CHECK(columns[0].field == "id");
  CHECK(columns[1].name == "tags.side");
  CHECK(columns[1].field == "tags.side");
  CHECK_THROWS_AS(csv_columns({}), error);
  CHECK_THROWS_AS(csv_columns({"=id"}), error);
  CHECK_THROWS_AS(csv_columns({"x="}), error);
  CHECK_THROWS_AS(csv_columns({"x=id", "x=image"}), error);
}

TEST_CASE("a row has a cell for each column, whatever the record lacks") {
  const record r =
      record::parse(R"({"id":"7","image":"a,b.png","scores":{"y.benign":0.70968,"y.n":3},"tags":{"side":"L"}})");
  const auto columns = csv_columns({"id", "scores.y.benign", "scores.y.n", "tags.view", "image"});
  CHECK(csv_row(r, columns, 4) == "7,0.7097,3,,\"a,b.png\"\n");
  CHECK(csv_row(r, columns, -1) == "7,0.70968,3,,\"a,b.png\"\n");
}

TEST_CASE("what is written is what a reader of CSV reads") {
  record r = record::parse(R"({"id":"x","image":"i"})");
  const auto columns = csv_columns({"plain=id", "odd \"name\"=note"});
  for (const std::string text : {"", "a", "a,b", "\"", "\"\"quoted\"\"", "two\nlines", "cr\r\n", " spaces ", "é"}) {
    r.set_text("note", text);
    const csv_table table = parse_csv(csv_header(columns) + csv_row(r, columns, -1), "test");
    REQUIRE(table.rows.size() == 1);
    CHECK(table.columns[1] == "odd \"name\"");
    CHECK(table.rows[0].cells == std::vector<std::string>{"x", text});
  }
}
