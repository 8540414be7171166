// SPDX-License-Identifier: Apache-2.0
#include "medvision/report/cases.hpp"

#include <doctest/doctest.h>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
record with_dice(const std::string& id, double dice) {
  record r(id);
  r.set_measure("dice", dice);
  return r;
}

std::vector<std::string> ids(const case_choice& choice) {
  std::vector<std::string> out;
  for (const record& r : choice.chosen()) out.push_back(r.id());
  return out;
}
}  // namespace

TEST_CASE("the first cases are chosen as they come, or the smallest values first") {
  for (const std::string by : {"", "measures.dice"}) {
    case_choice choice(3, by);
    for (const double v : {0.5, 0.9, 0.1, 0.5, 0.3}) choice.add(with_dice("c" + std::to_string(choice.met()), v));
    CHECK(choice.met() == 5);
    CHECK(ids(choice) ==
          (by.empty() ? std::vector<std::string>{"c0", "c1", "c2"} : std::vector<std::string>{"c2", "c4", "c0"}));
  }
}

TEST_CASE("cases without the value come last, failed ones among them, and are counted") {
  case_choice choice(10, "measures.dice");
  record failed = with_dice("failed", 0);
  failed.fail("med-x", "E_X", "broken");
  record undefined("undefined");
  undefined.set_undefined("dice", "empty");
  for (const record& r : {failed, undefined, with_dice("low", 0.1)}) choice.add(r);
  CHECK(ids(choice) == std::vector<std::string>{"low", "failed", "undefined"});
  CHECK(choice.failed() == 1);
  case_choice none(0, "");
  none.add(failed);
  CHECK(ids(none).empty());
  CHECK(none.met() == 1);
}

TEST_CASE("a field that no case has chooses nothing") {
  case_choice choice(2, "measures.dise");
  choice.add(with_dice("a", 0.5));
  try {
    (void)choice.chosen();
    FAIL("nothing was thrown");
  } catch (const error& e) {
    CHECK(e.who() == blame::request);
    CHECK(std::string(e.what()) == "no case has 'measures.dise', so none is the smallest");
  }
}

TEST_CASE("beside a picture stand the fields asked for, or eight of what is known") {
  record r = record::parse(
      R"({"id":"a","image":"a.png","labels":{"grade":2},"scores":{"s":0.51239},"measures":{"dice":null,"iou":1},"why":{"dice":"empty"}})");
  CHECK(facts_of(r, {}) == case_facts{{"grade", "2"}, {"s", "0.5124"}, {"dice", "–"}, {"iou", "1"}});
  CHECK(facts_of(r, {"measures.dice"}) == case_facts{{"measures.dice", "–"}});
  CHECK(facts_of(r, {"sure=scores.s", "labels.grade"}) == case_facts{{"sure", "0.5124"}, {"labels.grade", "2"}});
  CHECK(facts_of(r, {"labels.grade", "tags.none", "image"}) == case_facts{{"labels.grade", "2"}, {"image", "a.png"}});
  for (int i = 0; i < 20; ++i) r.set_score("more" + std::to_string(i), i);
  CHECK(facts_of(r, {}).size() == 8);
  r.fail("x", "E_X", "y");
  CHECK(facts_of(r, {"labels.grade"}).empty());
}

TEST_CASE("bytes become letters") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64(std::string("\xff\xfe\x00", 3)) == "//4A");
}

TEST_CASE("a card has its picture in it, or says why not") {
  const std::string cards =
      cards_of({{"a<b", "foo", "", {20, 10}, {{"dice", "0.5"}}}, {"c", "", "gone: no such file", {}, {}}});
  CHECK(cards.find("<img width=\"20\" height=\"10\" alt=\"a&lt;b\" src=\"data:image/jpeg;base64,Zm9v\">") !=
        std::string::npos);
  CHECK(cards.find("<dt><bdi>dice</bdi></dt><dd><bdi>0.5</bdi></dd>") != std::string::npos);
  CHECK(cards.find("<p>gone: no such file</p>") != std::string::npos);
}
