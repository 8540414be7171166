// SPDX-License-Identifier: Apache-2.0
// A manifest that is one array, element by element.
#include "medvision/record/array_items.hpp"

#include <doctest/doctest.h>

#include <random>
#include <sstream>

#include "all_records.hpp"
#include "medvision/record/manifest.hpp"

using namespace medvision;

namespace {

/// Ids, with '!' behind those that failed.
std::string ids(const std::string& text) {
  std::string said;
  for (const record& r : all_of(text)) said += (said.empty() ? "" : " ") + r.id() + (r.failed() ? "!" : "");
  return said;
}

std::string why(const std::string& text, std::size_t at) { return all_of(text).at(at).get_failure().value().what; }

}  // namespace

TEST_CASE("elements before a cut survive, and the cut is one failed record") {
  const std::string whole = R"([{"id":"a","image":"i"},{"id":"b","image":"j"},{"id":"c","image":"k"}])";
  CHECK(ids(whole) == "a b c");
  CHECK(ids(R"([{"id":"a","image":"i"},{"id":"b","im)") == "a line-2!");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const auto met = all_of(whole.substr(0, size));
    REQUIRE(!met.empty());
    CHECK(met.back().failed());
    CHECK(met.back().get_failure()->code == "E_JSON");
    const std::size_t complete = size < 24 ? 0 : size < 48 ? 1 : size < 71 ? 2 : 3;
    const auto good = std::count_if(met.begin(), met.end(), [](const record& r) { return !r.failed(); });
    CHECK(std::size_t(good) >= (complete > 0 ? complete - 1 : 0));
    CHECK(met.size() == std::size_t(good) + 1);
  }
}

TEST_CASE("a broken element costs itself") {
  CHECK(ids(R"([{"id":"a"}, oops, {"id":"c"}])") == "a line-2! c");
  CHECK(ids(R"([{"id":"a","x":[1}, {"id":"c"}])") == "line-1! c");
  CHECK(ids(R"([{"id":"a","x":1]}, {"id":"c"}])") == "line-1! line-2!");
  CHECK(ids("[{\"id\":\"a},\n{\"id\":\"b\"}]") == "line-1!");
  CHECK(ids(R"([{"id":"a,]}\"[{"},{"id":"b"}])") == "a,]}\"[{ b");
  CHECK(ids(R"([{"id":"a\\"},{"id":"b"}])") == "a\\ b");
  CHECK(ids(R"([{"id":"a"}{"id":"b"},{"id":"c"}])") == "line-1! c");
  CHECK(ids("[,{\"id\":\"b\"},]") == "line-1! b line-3!");
  CHECK(ids("[] ") == "");
  CHECK(ids(" [ \n ] \n") == "");
  CHECK(ids("[{\"id\":\"a\"}]\n[{\"id\":\"b\"}]") == "a line-2!");
  CHECK(ids("[{\"id\":\"a\"}") == "a line-2!");
  CHECK(ids("[") == "line-1!");
}

TEST_CASE("places in sentences are those in the file") {
  CHECK(why("[{\"id\":\"a\"},\n {\"id\" 7}]", 1).find("line 2, column 8") != std::string::npos);
  CHECK(why("\n\n  [ {\"id\":\"a\"} ]\nx", 1).find("line 4, column 1: something stands behind") == 0);
  CHECK(why("[{\"id\":\"a\"},\n\n,{}]", 1).find("line 3, column 1: an element is missing") == 0);
  CHECK(why("[{\"id\" 7}]", 0).find("column 8") != std::string::npos);
  CHECK(why("[{\"id\":\"a\"},\n", 1).find("the file ends before its array does") != std::string::npos);
}

TEST_CASE("an element of any length around the cap is read or refused as a whole, and its neighbours live") {
  const std::size_t cap = std::size_t{16} << 20;
  for (const std::size_t length : {std::size_t{65536}, cap, cap + 1, 2 * cap}) {
    const std::string element = "{\"id\":\"b\",\"x\":\"" + std::string(length - 17, 'x') + "\"}";
    REQUIRE(element.size() == length);
    const auto r = all_of("[{\"id\":\"a\"}," + element + ",{\"id\":\"c\"}]");
    REQUIRE(r.size() == 3);
    CHECK((length <= cap ? r[1].dump() == element : r[1].get_failure()->code == "E_LIMIT"));
    CHECK(r[2].id() == "c");
  }
  const auto deep = all_of("[" + std::string(100'000, '[') + std::string(100'000, ']') + ",{\"id\":\"b\"}]");
  REQUIRE(deep.size() == 2);
  CHECK(deep[0].failed());
  CHECK(deep[1].id() == "b");
}

TEST_CASE("an array gives what a JSON library finds in it, wherever blanks stand") {
  std::mt19937 random(11);
  const auto blanks = [&random] {
    std::string s;
    for (auto n = random() % 3; n > 0; --n) s += " \t\r\n"[random() % 4];
    return s;
  };
  const std::string odd[] = {R"("}")", R"("\\\"")", R"("\u005d,")", "[[],{}]", "-1.5e3", "null", R"({"]":"["})"};
  for (int round = 0; round < 300; ++round) {
    std::string text = blanks() + "[";
    const auto count = random() % 6;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& x = odd[random() % 7];
      text += (i > 0 ? "," : "") + blanks() + R"({"id":"r)" + std::to_string(i) + "\"," + blanks() +
              "\"x\":" + blanks() + x + blanks() + "}" + blanks();
    }
    text += "]" + blanks();
    const ordered_json whole = parse_json_simply(text);
    const auto met = all_of(text);
    REQUIRE(met.size() == whole.size());
    for (std::size_t i = 0; i < met.size(); ++i) REQUIRE(met[i].dump() == dump_json(whole[i]));
  }
}
