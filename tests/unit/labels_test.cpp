// SPDX-License-Identifier: Apache-2.0
// Tables are read by RFC 4180 and joined to records without guessing.
#include "medvision/record/labels.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "medvision/error.hpp"
#include "scratch_folder.hpp"

using namespace medvision;
using namespace std::literals;
using cells = std::vector<std::string>;

namespace {

std::string code_of(const std::function<void()>& act, blame who = blame::request) {
  try {
    act();
  } catch (const error& e) {
    CHECK(e.who() == who);
    return e.code();
  }
  return "";
}

std::string csv_code(const std::string& text) {
  return code_of([&] { parse_csv(text, "t.csv"); });
}

joined_table joined(const std::string& text, const std::string& id = "id") {
  return joined_table(parse_csv(text, "t.csv"), id, "t.csv");
}

std::string in_quotes(const std::string& cell) {
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? "\"\""s : std::string(1, c);
  return out + "\"";
}

}  // namespace

TEST_CASE("a table is read with quotes, commas and line ends in cells") {
  const csv_table t = parse_csv("\xEF\xBB\xBFid,note\r\na,\"x, \"\"y\"\"\r\nz\"\r\n\r\nb,\n\"c\",last", "t.csv");
  CHECK(t.columns == cells{"id", "note"});
  REQUIRE(t.rows.size() == 3);
  CHECK(t.rows[0].cells == cells{"a", "x, \"y\"\r\nz"});
  CHECK(t.rows[1].cells == cells{"b", ""});
  CHECK(t.rows[2].cells == cells{"c", "last"});
  CHECK(t.rows[0].line == 2);
  CHECK(t.rows[1].line == 5);
  CHECK(t.rows[2].line == 6);
}

TEST_CASE("broken tables are refused with their line") {
  for (const std::string& text :
       {""s, "\n\n"s, "id,id\n"s, "id,\n"s, "id,a\nx\n"s, "id\nx,y\n"s, "id\n\"x\n"s, "id\n\"x\"y\n"s, "id\nx\"y\n"s,
        "id\n\xFF\n"s, "id\n\xC3\n"s, "id\n\xED\xA0\x80\n"s}) {
    CHECK_MESSAGE(csv_code(text) == "E_CSV", text);
  }
  try {
    parse_csv("id,a\nx,1\ny\n", "t.csv");
  } catch (const error& e) {
    CHECK(e.what() == "t.csv: line 3: 1 cells, expected 2"s);
  }
  CHECK(csv_code("id\nna\xC3\xAFve\n").empty());
}

TEST_CASE("any table written with quotes comes back") {
  std::mt19937 draw(8);
  const std::string letters = "a,\"\n\r b";
  for (int trial = 0; trial < 500; ++trial) {
    const unsigned columns = 1 + draw() % 4, rows = draw() % 5;
    std::string text = "c0";
    for (unsigned c = 1; c < columns; ++c) text += ",c" + std::to_string(c);
    std::vector<cells> written;
    for (unsigned r = 0; r < rows; ++r) {
      cells row;
      for (unsigned c = 0; c < columns; ++c) {
        std::string cell;
        for (unsigned n = draw() % 6; n > 0; --n) cell += letters[draw() % letters.size()];
        row.push_back(cell);
        text += (c == 0 ? "\r\n" : ",") + in_quotes(cell);
      }
      written.push_back(row);
    }
    const csv_table t = parse_csv(text, "t.csv");
    REQUIRE(t.rows.size() == written.size());
    for (std::size_t r = 0; r < written.size(); ++r) CHECK(t.rows[r].cells == written[r]);
  }
}

TEST_CASE("random bytes never crash the reader") {
  std::mt19937 draw(9);
  const std::string letters = "a,\"\"\n\r\xC3\xA9\xFFid";
  int refused = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string text = draw() % 2 == 0 ? "id,a\n" : "";
    for (unsigned n = draw() % 24; n > 0; --n) text += letters[draw() % letters.size()];
    refused += !csv_code(text).empty();
  }
  CHECK(refused > 5000);
  CHECK(refused < 20000);
}

TEST_CASE("a cell is a number only when it is surely one") {
  CHECK(cell_value("2") == step_value(std::int64_t{2}));
  CHECK(cell_value("-17") == step_value(std::int64_t{-17}));
  CHECK(cell_value("0") == step_value(std::int64_t{0}));
  CHECK(cell_value("0.25") == step_value(0.25));
  CHECK(cell_value("1e3") == step_value(1000.0));
  for (const char* text : {"007", "+5", "1.2.3", "", " 2", "2 ", "nan", "inf", "0x10", "1e999", "-", ".5", "-0",
                           "9007199254740993", "99999999999999999999", "yes", "1,5"}) {
    CHECK_MESSAGE(cell_value(text) == step_value(std::string(text)), text);
  }
}

TEST_CASE("labels are every other column of the row with the record's id, stem or file name") {
  joined_table t = joined("image,grade,site,empty\na,2,north,\nsub/b,0,south,\nc.png,1,west,\n", "image");
  record a("a"), b("sub/b"), c("deep/c"), d("d");
  CHECK(add_labels(a, t, {"a", "a", "a.png"}));
  CHECK(add_labels(b, t, {"sub/b", "b", "b.png"}));
  CHECK(add_labels(c, t, {"deep/c", "c", "c.png"}));
  CHECK(!add_labels(d, t, {"d", "d", "d.png"}));
  CHECK(a.labels() == std::map<std::string, std::string>{{"grade", "2"}, {"site", "north"}});
  CHECK(b.labels().at("grade") == "0");
  CHECK(c.labels().at("site") == "west");
  CHECK(d.labels().empty());
  CHECK(t.unused().empty());
}

TEST_CASE("rows without record are known, and two rows of one id fail that record alone") {
  joined_table t = joined("id,grade\na,1\nb,2\na,3\nz,4\n");
  record a("a"), b("b");
  CHECK(code_of([&] { add_labels(a, t, {"a"}); }, blame::item) == "E_LABELS");
  CHECK(add_labels(b, t, {"b"}));
  CHECK(t.unused() == cells{"z"});
  CHECK(code_of([] { joined("id,grade\na,1\n", "name"); }) == "E_CSV");
}

TEST_CASE("truth boxes are shares of the size around a centre, or pixels from a corner") {
  joined_table shares = joined("id,class,cx,cy,w,h\na,disc,0.5,0.25,0.2,0.1\na,lesion,0.1,0.1,0.2,0.2\n");
  record a("a");
  CHECK(add_truth_boxes(a, shares, {"a"}, {1000, 400}) == 2);
  const auto boxes = a.truth_boxes();
  REQUIRE(boxes.size() == 2);
  CHECK(boxes[0].class_name == "disc");
  CHECK(boxes[0].box == cv::Rect2d(400, 80, 200, 40));
  joined_table pixels = joined("h,w,y,x,class,id\n4,3,2,1,disc,b\n");
  record b("b"), c("c");
  CHECK(add_truth_boxes(b, pixels, {"b"}, {10, 10}) == 1);
  CHECK(b.truth_boxes()[0].box == cv::Rect2d(1, 2, 3, 4));
  CHECK(add_truth_boxes(c, pixels, {"c"}, {10, 10}) == 0);
}

TEST_CASE("boxes that are none are refused") {
  const auto code = [](const std::string& row) {
    joined_table t = joined("id,class,x,y,w,h\n" + row + "\n");
    record a("a");
    return code_of([&] { add_truth_boxes(a, t, {"a"}, {10, 10}); }, blame::item);
  };
  for (const char* row : {"a,d,1,2,0,4", "a,d,1,2,3,-4", "a,d,x,2,3,4", "a,d,1,,3,4", "a,d,nan,2,3,4"})
    CHECK(code(row) == "E_BOX");
  joined_table t = joined("id,class,cx,y,w,h\na,d,1,2,3,4\n");
  record a("a");
  CHECK(code_of([&] { add_truth_boxes(a, t, {"a"}, {10, 10}); }) == "E_CSV");
}

TEST_CASE("a table that cannot be read is the request's fault") {
  const scratch_folder folder;
  CHECK(code_of([&] { read_joined_table(folder.path("absent.csv"), "id"); }) == "E_MISSING");
  CHECK(code_of([&] { read_joined_table(folder.path(), "id"); }) == "E_MISSING");
  CHECK(read_joined_table(folder.put("a.csv", "id,x\na,1\n"), "id").unused() == cells{"a"});
}

TEST_CASE("a list of pictures names paths, ids and labels") {
  const scratch_folder folder;
  const auto listed = read_picture_list(
      folder.put("l.csv", "grade,image,case,side\n2,a/x.png,one,\n,\"b, c.png\",,L\n007,d.png,three,R\n"), "case");
  REQUIRE(listed.size() == 3);
  CHECK(listed[0].path == "a/x.png");
  CHECK(listed[0].id == "one");
  CHECK(listed[0].line == 2);
  CHECK(listed[0].labels == std::vector<std::pair<std::string, step_value>>{{"grade", std::int64_t{2}}});
  CHECK(listed[1].path == "b, c.png");
  CHECK(listed[1].id == "");
  CHECK(listed[1].labels == std::vector<std::pair<std::string, step_value>>{{"side", std::string("L")}});
  CHECK(listed[2].labels[0].second == step_value(std::string("007")));
  const auto bare = read_picture_list(folder.put("b.csv", "image,n\nx.png,1.5\n"), "id");
  CHECK_FALSE(bare[0].id);
  CHECK(bare[0].labels[0].second == step_value(1.5));
  CHECK(code_of([&] { read_picture_list(folder.put("n.csv", "id,path\na,b\n"), "id"); }) == "E_CSV");
  CHECK(code_of([&] { read_picture_list(folder.path("absent.csv"), "id"); }) == "E_MISSING");
}

TEST_CASE("labels that are numbers stand beside the scores, and a score wins") {
  const record r = record::parse(
      R"({"id":"a","image":"i","labels":{"reader.benign":0.25,"side":"L","grade":2,"y":9},"scores":{"y":0.5}})");
  CHECK(scores_and_labels(r) == std::map<std::string, double>{{"grade", 2}, {"reader.benign", 0.25}, {"y", 0.5}});
  CHECK(scores_and_labels(record::parse(R"({"id":"a","image":"i"})")).empty());
}
