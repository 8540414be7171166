// SPDX-License-Identifier: Apache-2.0
// Names are read the way a person would, whatever stands in them.
#include "medvision/record/pattern.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "medvision/error.hpp"

using namespace medvision;
using fields = std::vector<std::pair<std::string, std::string>>;

namespace {

std::string code_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const error& e) {
    CHECK(e.who() == blame::request);
    return e.code();
  }
  return "";
}

/// The slow reading: every way to cut the name, the longest first field first.
std::optional<fields> match_slowly(const std::vector<std::string>& parts, std::size_t i, const std::string& rest) {
  if (i == parts.size()) return rest.empty() ? std::optional(fields{}) : std::nullopt;
  if (parts[i][0] != '{') {
    if (!rest.starts_with(parts[i])) return std::nullopt;
    return match_slowly(parts, i + 1, rest.substr(parts[i].size()));
  }
  for (std::size_t n = rest.size(); n >= 1; --n) {
    if (auto tail = match_slowly(parts, i + 1, rest.substr(n))) {
      tail->insert(tail->begin(), {parts[i].substr(1, parts[i].size() - 2), rest.substr(0, n)});
      return tail;
    }
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("fields are what stands between the words of a pattern") {
  CHECK(name_pattern("{patient}_{side}-{view}").match("0_L-CC") ==
        fields{{"patient", "0"}, {"side", "L"}, {"view", "CC"}});
  CHECK(name_pattern("{patient}_{side}_{view}").match("bcc_1_L_CC") ==
        fields{{"patient", "bcc_1"}, {"side", "L"}, {"view", "CC"}});
  CHECK(name_pattern("Image_{patient}{side:1}").match("Image_01L") == fields{{"patient", "01"}, {"side", "L"}});
  CHECK(name_pattern("{_}-{eye}").match("x-left") == fields{{"eye", "left"}});
  CHECK(name_pattern("{a:2}{b:2}").match("wxyz") == fields{{"a", "wx"}, {"b", "yz"}});
  CHECK(name_pattern("plain").match("plain") == fields{});
}

TEST_CASE("a name that does not fit as a whole does not fit") {
  CHECK(!name_pattern("{patient}_{side}-{view}").match("0_L"));
  CHECK(!name_pattern("{patient}_{side}").match("_L"));
  CHECK(!name_pattern("{patient}_{side}").match("0_"));
  CHECK(!name_pattern("{a:2}").match("x"));
  CHECK(!name_pattern("{a:2}").match("xyz"));
  CHECK(!name_pattern("plain").match("plainer"));
  CHECK(!name_pattern("{a}").match(""));
  CHECK(name_pattern("").match(""));
}

TEST_CASE("a pattern is filled with values") {
  CHECK(name_pattern("masks/{id}_1.png").fill({{"id", "a/b"}, {"stem", "b"}}) == "masks/a/b_1.png");
  CHECK(name_pattern("no field").fill({}) == "no field");
  CHECK(code_of([] { (void)name_pattern("{patient}").fill({{"id", "a"}}); }) == "E_OPTION");
}

TEST_CASE("patterns that cannot be meant are refused") {
  for (const char* text : {"{", "}", "{}", "{a", "a}", "{{a}}", "{a b}", "{1a}", "{a}{b}", "{a}_{a}", "{a:0}",
                           "{a:256}", "{a:x}", "{a:}", "{a:-1}", "{a:1 }"}) {
    CHECK_MESSAGE(code_of([&] { name_pattern pattern(text); }) == "E_OPTION", text);
  }
  CHECK(code_of([] { name_pattern pattern("{a}{b:1}{c}"); }).empty());
  CHECK(code_of([] { name_pattern pattern(std::string(1025, 'x')); }) == "E_OPTION");
}

TEST_CASE("a name may stand before a pattern") {
  CHECK(parse_named_pattern("first=a/{id}.png", "truth").name == "first");
  CHECK(parse_named_pattern("first=a/{id}.png", "truth").pattern.text() == "a/{id}.png");
  CHECK(parse_named_pattern("a/{id}.png", "truth").name == "truth");
  CHECK(parse_named_pattern("a/b=c/{id}.png", "truth").pattern.text() == "a/b=c/{id}.png");
  CHECK(parse_named_pattern("=x", "truth").name == "truth");
}

TEST_CASE("matching agrees with trying every cut, on random names") {
  std::mt19937 draw(2);
  const std::vector<std::vector<std::string>> patterns = {{"{a}", "_", "{b}"},
                                                          {"{a}", "_", "{b}", "-", "{c}"},
                                                          {"x", "{a}", "_"},
                                                          {"{a}", "__", "{b}", "_", "{c}"},
                                                          {"_", "{a}"}};
  int fitted = 0;
  for (int trial = 0; trial < 5000; ++trial) {
    std::string name;
    for (unsigned n = draw() % 10; n > 0; --n) name += "x__-"[draw() % 4];
    const auto& parts = patterns[draw() % patterns.size()];
    std::string text;
    for (const std::string& p : parts) text += p;
    const auto fast = name_pattern(text).match(name);
    CHECK_MESSAGE(fast == match_slowly(parts, 0, name), text << " on " << name);
    fitted += fast.has_value();
  }
  CHECK(fitted > 500);
}

TEST_CASE("long names with many readings take no long time") {
  std::string text = "{a0}";
  for (int i = 1; i < 60; ++i) text += "_{a" + std::to_string(i) + "}";
  CHECK(!name_pattern(text + "!").match(std::string(1000, '_')));
  CHECK(name_pattern(text).match(std::string(1000, '_')));
}

TEST_CASE("random patterns never crash") {
  std::mt19937 draw(4);
  const std::string letters = "{}:_a1-/ \xC3";
  int refused = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string text, name;
    for (unsigned n = draw() % 14; n > 0; --n) text += letters[draw() % letters.size()];
    for (unsigned n = draw() % 9; n > 0; --n) name += letters[draw() % letters.size()];
    refused += !code_of([&] { (void)name_pattern(text).match(name); }).empty();
  }
  CHECK(refused > 1000);
  CHECK(refused < 20000);
}
