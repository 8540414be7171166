// SPDX-License-Identifier: Apache-2.0
// Cases as columns, cut and put together, and the figures made of them.
#include "medvision/record/case_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "medvision/error.hpp"
#include "medvision/record/case_rows.hpp"
#include "medvision/score/case_figures.hpp"

using namespace medvision;

namespace {

record scored(int i, std::mt19937& random) {
  record r("case-" + std::to_string(i));
  r.set_text("image", "x.png");
  if (random() % 8) r.set_tag("patient", "p" + std::to_string(random() % 20));
  r.set_tag("side", random() % 2 ? "left" : "right");
  if (random() % 4 == 0)
    r.set_undefined("dice", "both empty");
  else
    r.set_measure("dice", double(random() % 1000) / 999);
  if (random() % 3) r.set_measure("hd95_px", double(random() % 100));
  if (random() % 10 == 0) r.fail("med-x", "E_X", "x");
  return r;
}

std::string text_of(const std::vector<record>& records, const case_options& o, const std::string& shard = "") {
  case_table t(o);
  for (const record& r : records) t.add(r);
  t.close();
  return t.partial("1", shard);
}

double number(const named_numbers& n, const std::string& name) {
  for (const auto& [key, value] : n)
    if (key == name) return value.value();
  throw std::runtime_error("no " + name);
}

}  // namespace

TEST_CASE("any cut, merged in any order, is the whole to the byte") {
  std::mt19937 random(1);
  for (int round = 0; round < 30; ++round) {
    std::vector<record> all;
    for (int i = 0; i < 60; ++i) all.push_back(scored(i, random));
    const case_options by{{"tags.side"}, {}};
    const std::string whole = text_of(all, by);
    std::shuffle(all.begin(), all.end(), random);
    std::vector<std::vector<record>> parts(1 + random() % 7);
    for (const record& r : all) parts[random() % parts.size()].push_back(r);
    case_table merged(by);
    for (const auto& part : parts) merged.take_partial(text_of(part, by), "a", "1");
    merged.close();
    merged.check_partials();
    REQUIRE(merged.partial("1", "") == whole);
  }
}

TEST_CASE("undefined, absent and failed cases are told apart") {
  record defined("a"), undefined("b"), lacking("c"), failed("d");
  defined.set_measure("dice", 0.5), undefined.set_undefined("dice", "both empty"), failed.fail("x", "E_X", "x");
  case_table t({});
  for (const record& r : {defined, undefined, lacking, failed}) t.add(r);
  t.close();
  const auto cases = t.cases(0);
  const auto n = measure_figure("dice", {t.values("dice", 0), cases.patients, cases.failed}, {0});
  CHECK((number(n, "n") == 1 && number(n, "undefined") == 1 && number(n, "excluded") == 1 && number(n, "failed") == 1));
  CHECK(number(n, "mean") == 0.5);
  CHECK(number(n, "mean_worst") == doctest::Approx(0.5 / 3));
  CHECK(t.failures() == 1);
}

TEST_CASE("a partial that is cut, changed, of another version or other options is refused, and a case twice") {
  std::mt19937 random(2);
  std::vector<record> all;
  for (int i = 0; i < 5; ++i) all.push_back(scored(i, random));
  const std::string text = text_of(all, {});
  const auto take = [](const std::string& t, const std::string& version = "1", const case_options& o = {}) {
    case_table table(o);
    table.take_partial(t, "a.part", version);
  };
  CHECK_NOTHROW(take(text));
  for (std::size_t cut = 0; cut < text.size(); ++cut) REQUIRE_THROWS_AS(take(text.substr(0, cut)), error);
  for (std::size_t at = 0; at < text.size(); at += 7) {
    std::string changed = text;
    changed[at] = changed[at] == '1' ? '2' : '1';
    REQUIRE_THROWS_AS(take(changed), error);
  }
  CHECK_THROWS_AS(take(text, "2"), error);
  CHECK_THROWS_AS(take(text, "1", {{"tags.side"}, {}}), error);
  CHECK_THROWS_AS(take(text, "1", {{}, {"dice"}}), error);
  case_table twice({});
  twice.take_partial(text, "a", "1"), twice.take_partial(text, "b", "1");
  twice.close();
  CHECK_THROWS_AS(twice.check_partials(), error);
}

TEST_CASE("an id that came many times is written and read in one order") {
  std::string body =
      R"({"partial":"med-summarize","version":"1","by":[],"measures":[],"columns":["d"],"groups":[[]],"shards":[]})"
      "\n";
  for (int i = 0; i < 200; ++i) body += R"(["0a","0b",0,2,true,[)" + std::to_string(i * 7 % 200) + "]]\n";
  const auto read = [](const std::string& text) {
    case_table table({});
    table.take_partial(text, "a", "1");
    table.close();
    return table.partial("1", "");
  };
  const std::string once = read(body + partial_seal(body));
  CHECK(once.find("[\"000000000000000a\"") != std::string::npos);
  CHECK(read(once) == once);
}

TEST_CASE("a partial that is sealed but was written by another hand is refused, whatever it holds") {
  const auto take = [](const std::string& body) {
    case_table table({{"tags.side"}, {}});
    table.take_partial(body + partial_seal(body), "a", "1");
    table.close();
    table.check_partials();
    for (std::uint32_t g = 0; g < table.group_count(); ++g) table.by(g);
  };
  const auto head = [](const std::string& groups, const std::string& shards) {
    return R"({"partial":"med-summarize","version":"1","by":["tags.side"],"measures":[],"columns":["d"],"groups":)" +
           groups + R"(,"shards":)" + shards + "}\n";
  };
  CHECK_THROWS_AS(
      take(
          R"({"partial":"med-summarize","version":"1","by":["tags.side"],"measures":[],"columns":["d","d"],"groups":[],"shards":[]})"
          "\n"),
      error);
  const std::string one = head(R"([["L"]])", "[]");
  CHECK_NOTHROW(take(one + R"(["0a","0b",0,2,true,[0.5]])" + "\n"));
  for (const std::string& body : {std::string(),
                                  std::string("{}\n"),
                                  std::string("[]\n"),
                                  std::string("x\n"),
                                  head("[[]]", "[]"),
                                  head(R"([["L","R"]])", "[]"),
                                  head("[]", R"(["x"])"),
                                  head("[]", R"([""])"),
                                  head("[]", R"(["3/2"])"),
                                  head("[]", "[7]"),
                                  head("[]", R"(["0/18446744073709551615"])"),
                                  one + R"(["zz","0b",0,0,true,[1]])" + "\n",
                                  one + R"(["0a","",0,0,true,[1]])" + "\n",
                                  one + R"(["0a","0b",1,0,true,[1]])" + "\n",
                                  one + R"(["0a","0b",-1,0,true,[1]])" + "\n",
                                  one + R"(["0a","0b",0,3,true,[1]])" + "\n",
                                  one + R"(["0a","0b",0,1e300,true,[1]])" + "\n",
                                  one + R"(["0a","0b",0,0,true,[]])" + "\n",
                                  one + R"(["0a","0b",0,0,true,["1"]])" + "\n",
                                  one + R"([1,"name","path"])" + "\n",
                                  one + "[0]\n",
                                  one + "5\n"})
    CHECK_THROWS_AS(take(body), error);
}

TEST_CASE("a shard that is missing or there twice is named") {
  const auto merge = [](const std::vector<std::string>& shards) {
    case_table t({});
    int i = 0;
    for (const auto& s : shards) t.take_partial(text_of({record("c" + std::to_string(i++))}, {}, s), s, "1");
    t.close();
    t.check_partials();
  };
  CHECK_NOTHROW(merge({"1/2", "0/2"}));
  CHECK_THROWS_WITH_AS(merge({"0/3", "2/3"}), "the shard 1/3 is missing", error);
  CHECK_THROWS_WITH_AS(merge({"0/2", "1/2", "0/2"}), "the shard 0/2 is there twice", error);
  CHECK_THROWS_WITH_AS(merge({"0/2", "1/2", "0/3"}), "the shards 0/2 and 0/3 are of two divisions", error);
}

TEST_CASE("pairs meet by id, and ids of one side alone are named") {
  record a("a"), b("b"), c("c");
  a.set_measure("dice", 0.5), b.set_measure("dice", 1), c.set_measure("dice", 0);
  case_table first({}, true), second({}, true);
  first.add(a), first.add(b), second.add(c), second.add(b);
  first.close(), second.close();
  const auto pairs = first.pairs(second, "dice", 0);
  CHECK((pairs.here == std::vector<double>{1} && pairs.there == std::vector<double>{1}));
  CHECK_THROWS_WITH_AS(first.check_ids(second),
                       "the two manifests hold different ids; in the first alone: 1 (a); in the second alone: 1 (c)",
                       error);
}

TEST_CASE("ratios of sums: parsed, made for boxes, and cases that lack a part left out") {
  const ratio_rule r = parse_ratio("dice=tp+tp/tp+tp+fp+fn");
  CHECK((r.name == "dice" && r.above.size() == 2 && r.below.size() == 4));
  for (const char* bad : {"", "a", "a=b", "a=b/", "=a/b", "a=/b", "a=b++c/d"}) CHECK_THROWS_AS(parse_ratio(bad), error);
  const auto made = ratios_of({}, {"boxes.found", "boxes.found@0.30", "boxes.truth", "x.found"});
  REQUIRE(made.size() == 2);
  CHECK((made[0].name == "boxes.recall_by_box" && made[1].name == "boxes.recall_by_box@0.30"));
  const std::vector<double> above = {1, NAN, 2}, below = {2, 1, 4};
  const auto n = ratio_figure(above, below, std::vector<std::uint64_t>{1, 2, 3}, {0});
  CHECK((number(n, "value") == 0.5 && number(n, "excluded") == 1));
  CHECK(why_undefined(ratio_figure({}, {}, {}, {0})) == "value: the sum below is 0");
}
