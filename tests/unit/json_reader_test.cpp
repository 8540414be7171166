// SPDX-License-Identifier: Apache-2.0
// The fast reader and writer say what the JSON library says, of text that is well and of text that is not.
#include "medvision/record/json_reader.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

// Equal to the type of each number, the sign of each zero and the order of members.
bool same(const ordered_json& a, const ordered_json& b) {
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (a.is_object()) {
    for (auto i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j)
      if (i.key() != j.key() || !same(*i, *j)) return false;
    return true;
  }
  if (a.is_array()) {
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!same(a[i], b[i])) return false;
    return true;
  }
  return a == b && (!a.is_number_float() || std::signbit(a.get<double>()) == std::signbit(b.get<double>()));
}

// The value as the library prints it, or the refusal.
template <class Parse>
std::string answer(Parse parse, const std::string& text) {
  try {
    return parse(text).dump();
  } catch (const error& e) {
    return e.code() + ": " + e.what();
  }
}

// True when the text was read by the fast way.
bool agrees(const std::string& text) {
  CAPTURE(text);
  const auto fast = read_json(text);
  REQUIRE(answer(parse_json, text) == answer([](std::string_view t) { return parse_json_simply(t); }, text));
  if (fast) REQUIRE(same(*fast, parse_json_simply(text)));
  return fast.has_value();
}

const std::vector<std::string> well = {
    R"({"id":"a","image":"i.png"})",
    " { \"id\" :\t\"a\" , \"n\" : [ 1 , -2 , 3.5 ] }\r\n",
    "[]",
    "{}",
    "[[],{}]",
    "true",
    "false",
    "null",
    "\"\"",
    "0",
    "-0",
    "-0.0",
    "0.0",
    "1e5",
    "1E+5",
    "1e-5",
    "0e0",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "9007199254740993",
    "1.7976931348623157e308",
    "5e-324",
    "2.2250738585072011e-308",
    "0.1",
    "123456789012345678901234567890",
    R"("\u0000\u001f\u007f\u00e9\u20ac\ud83d\ude00\\\"\/\b\f\n\r\t")",
    "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80\x7F\"",
    R"({"":1,"a":{"a":{"a":[{"a":1},{"a":2}]}}})"};

const std::vector<std::string> ill = {"",
                                      " ",
                                      "{",
                                      "[",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{\"a\" 1}",
                                      "{a:1}",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":{\"b\":1,\"b\":1}}",
                                      "01",
                                      "-",
                                      "-a",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1.e5",
                                      "1e",
                                      "1e+",
                                      "0x10",
                                      "1e400",
                                      "-1e400",
                                      "NaN",
                                      "Infinity",
                                      "tru",
                                      "truee",
                                      "nul",
                                      "'a'",
                                      "\"a",
                                      "\"\n\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\\ud800\"",
                                      "\"\\ud800x\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"\\udc00\"",
                                      "\"\\",
                                      "\"\\u",
                                      "\"\x80\"",
                                      "\"\xC3\"",
                                      "\"\xC3(\"",
                                      "\"\xC0\x80\"",
                                      "\"\xE0\x80\x80\"",
                                      "\"\xED\xA0\x80\"",
                                      "\"\xF0\x8F\xBF\xBF\"",
                                      "\"\xF4\x90\x80\x80\"",
                                      "\"\xF5\x80\x80\x80\"",
                                      "\"\xE2\x82",
                                      "\"\xFF\"",
                                      "1 2",
                                      "{} x",
                                      "[1 2]",
                                      "// a\n1",
                                      "\"\\u-123\"",
                                      "\"\\u+123\"",
                                      std::string("\"a\0b\"", 5),
                                      std::string("1\0", 2),
                                      "{\"a\":}",
                                      "{:1}",
                                      "{1:2}",
                                      "]",
                                      "}",
                                      ","};

}  // namespace

TEST_CASE("text that is well is read fast, to the value the library makes of it") {
  for (const std::string& text : well) CHECK_MESSAGE(agrees(text), text);
}

TEST_CASE("text that is not well is refused with the library's place") {
  for (const std::string& text : ill) CHECK_FALSE_MESSAGE(agrees(text), text);
}

TEST_CASE("what the fast reader leaves alone is read all the same") {
  const std::string deep = std::string(62, '[') + std::string(62, ']');
  for (const std::string& text : {deep, std::string("\xEF\xBB\xBF{\"id\":1}"), std::string("1e-400")}) {
    CHECK_FALSE(agrees(text));
    CHECK_NOTHROW(parse_json(text));
  }
  CHECK_THROWS_AS(parse_json(std::string(65, '[') + std::string(65, ']')), error);
  std::string many = "{\"m\":0";
  for (int i = 0; i < 2000; ++i) many += ",\"m" + std::to_string(i) + "\":0";
  CHECK_FALSE(agrees(many + "}"));
  CHECK(parse_json(many + "}").size() == 2001);
}

TEST_CASE("any change of a byte is met by both readers alike") {
  std::mt19937_64 random(7);
  const std::string letters = "{}[]\",:\\u0123456789abcdefeE+-. \ntrl\xC3\xA9\xF0\x80";
  std::size_t fast = 0, tried = 0;
  for (const auto* texts : {&well, &ill})
    for (const std::string& text : *texts)
      for (int round = 0; round < 300; ++round) {
        std::string changed = text;
        for (auto changes = 1 + random() % 3; changes > 0; --changes) {
          const std::size_t at = changed.empty() ? 0 : random() % changed.size();
          const char letter = letters[random() % letters.size()];
          if (random() % 3 == 0 || changed.empty())
            changed.insert(at, 1, letter);
          else if (random() % 2 == 0)
            changed.erase(at, 1);
          else
            changed[at] = letter;
        }
        fast += agrees(changed);
        ++tried;
      }
  CHECK(fast > tried / 50);
  CHECK(fast < tried / 2);
}

TEST_CASE("numbers are read to the bit") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const double v = std::bit_cast<double>(random());
    if (!std::isfinite(v)) continue;
    const std::string text = ordered_json(v).dump();
    REQUIRE(agrees(text));
    REQUIRE(std::bit_cast<std::uint64_t>(read_json(text)->get<double>()) == std::bit_cast<std::uint64_t>(v));
    REQUIRE(agrees(std::to_string(random())));
    REQUIRE(agrees(std::to_string(std::int64_t(random()))));
  }
}

TEST_CASE("what is written reads back the same, and only numbers are spelt otherwise than by the library") {
  for (const std::string& text : well) {
    const ordered_json value = parse_json_simply(text);
    const std::string line = dump_json(value);
    CHECK(dump_json(parse_json_simply(line)) == line);
    if (!value.is_number_float() && text.find("3.5") == std::string::npos) CHECK(line == value.dump());
  }
  CHECK(dump_json(parse_json(R"({"b":{"d":1,"c":2},"a":[{"z":1,"y":2}]})"), true) ==
        R"({"a":[{"y":2,"z":1}],"b":{"c":2,"d":1}})");
  CHECK_THROWS_AS(dump_json(ordered_json("\xC3")), error);
  CHECK_THROWS_AS(dump_json(ordered_json{{"\xC3", 1}}), error);
  CHECK_THROWS_AS(dump_json(ordered_json(std::nan(""))), error);
}

TEST_CASE("a zero ends no text: what stands behind it would be lost in silence") {
  const std::string text = std::string("{\"a\":1}\0x", 9);
  CHECK(sentence_of([&] { (void)parse_json(text); }) ==
        "not JSON: at column 8 what ends '{\"a\":1}?' cannot stand there");
  CHECK(code_of([&] { (void)parse_json(std::string("1\0", 2)); }) == "E_JSON");
  CHECK(parse_json("\"\\u0000\"") == std::string(1, '\0'));
}
