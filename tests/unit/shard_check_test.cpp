// SPDX-License-Identifier: Apache-2.0
// Shards that are missing or cut show by the orders that no record has.
#include "medvision/record/shard_check.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "medvision/error.hpp"

using namespace medvision;

namespace {

record at(const std::string& order, const std::string& more = "") {
  return record::parse(R"({"id":"a","image":"a.png")" + (order.empty() ? "" : R"(,"order":[)" + order + "]") + more +
                       "}");
}

std::string gap_of(const std::vector<record>& records) {
  shard_check check({"s"});
  for (const record& r : records) check.add(0, r);
  try {
    check.expect_no_gap();
    return "";
  } catch (const error& e) {
    CHECK(e.who() == blame::request);
    CHECK(e.code() == "E_INCOMPLETE");
    return e.what();
  }
}

std::string steps(const std::string& option) {
  return R"(,"steps":[{"by":"med-x","version":"1","options":{"a":)" + option + "}}]";
}

std::string other_steps(const std::vector<std::vector<std::string>>& inputs) {
  shard_check check({"s0", "s1", "s2"});
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (const std::string& one : inputs[i]) check.add(i, at("0", one));
  try {
    check.expect_same_steps();
    return "";
  } catch (const error& e) {
    CHECK(e.who() == blame::request);
    return e.what();
  }
}

}  // namespace

TEST_CASE("orders that are all there have no gap, in whatever sequence and however often") {
  CHECK(gap_of({}).empty());
  CHECK(gap_of({at("0")}).empty());
  CHECK(gap_of({at("2"), at("0"), at("1"), at("1,0"), at("1,1")}).empty());
}

TEST_CASE("missing orders are counted and the first ten named") {
  CHECK(gap_of({at("1")}) ==
        "1 of the orders 0 to 1 are in no input: 0; a shard is missing or cut (--any merges what is there)");
  CHECK(gap_of({at("0"), at("3"), at("5,2")}) ==
        "3 of the orders 0 to 5 are in no input: 1, 2, 4; a shard is missing or cut (--any merges what is there)");
  CHECK(gap_of({at("0"), at("1000000")}) ==
        "999999 of the orders 0 to 1000000 are in no input: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...; a shard is missing or "
        "cut (--any merges what is there)");
}

TEST_CASE("random subsets: the count is that of a set") {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    const int count = 1 + int(random() % 50);
    std::vector<int> all(static_cast<std::size_t>(count), 0);
    std::iota(all.begin(), all.end(), 0);
    std::shuffle(all.begin(), all.end(), random);
    all.resize(1 + random() % std::size_t(count));
    std::vector<record> records;
    for (const int one : all) records.push_back(at(std::to_string(one)));
    const std::set<int> met(all.begin(), all.end());
    const int missing = *met.rbegin() + 1 - int(met.size());
    const std::string said = gap_of(records);
    REQUIRE((missing == 0 ? said.empty()
                          : said.starts_with(fmt::format("{} of the orders 0 to {} ", missing, *met.rbegin()))));
  }
}

TEST_CASE("members of a group and records without order explain what is missing") {
  const std::string failed = R"(,"error":{"by":"med-x","code":"E_X","what":"x"})";
  const auto group = [](int n) { return fmt::format(R"(,"group":{{"n":{},"failed":0}})", n); };
  CHECK(gap_of({at("0", group(2)), at("2", group(1)), at("3", group(4)), at("7")}).empty());
  CHECK(gap_of({at("0", group(2)), at("3", group(1))}) ==
        "1 of the orders 0 to 3 are in no input; a shard is missing or cut (--any merges what is there)");
  // The failed member 0 gives the group of 1 and 2 its order.
  CHECK(gap_of({at("0", failed), at("0", group(2)), at("3")}).empty());
  CHECK(gap_of({at("0"), at(""), at("2")}).empty());
  CHECK_FALSE(gap_of({at("0"), at(""), at("3")}).empty());
}

TEST_CASE("groups of groups do not tell how many cases there were") {
  const std::string group = R"(,"group":{"n":1,"failed":0})", fused = R"({"by":"med-fuse","version":"1","options":{}})";
  const auto steps_of = [](const std::string& all) { return R"(,"steps":[)" + all + "]"; };
  CHECK_FALSE(gap_of({at("0", group + steps_of(fused)), at("5", group + steps_of(fused))}).empty());
  CHECK(gap_of({at("0", group + steps_of(fused + "," + fused)), at("5", group)}).empty());
}

TEST_CASE("groups of patches and pages do not either") {
  const std::string group = R"(,"group":{"n":4,"failed":0})";
  CHECK(gap_of({at("0,0", group), at("9,0", group)}).empty());
  CHECK(
      gap_of({at("0", group + R"(,"steps":[{"by":"med-sheet","version":"1","options":{}}])"), at("9", group)}).empty());
  CHECK_FALSE(gap_of({at("0", group), at("9", group)}).empty());
}

TEST_CASE("a failed group of no place is no end of the merge") {
  for (const std::string order : {R"("x")", "null", "[-1]", "[1.5]", "{}", "[1e300]", "[9007199254740993]", "[]"}) {
    INFO(order);
    CHECK(gap_of({at("0"),
                  record::parse(R"({"id":"b","group":{"n":3,"failed":0},"order":)" + order +
                                R"(,"error":{"by":"med-x","code":"E_X","what":"x"}})"),
                  at("1")})
              .empty());
  }
}

TEST_CASE("orders that no stream counts to are no gap of their own") {
  CHECK(gap_of({at("0"), at("9223372036854775807")}).empty());
}

TEST_CASE("other programs before the same last step are no other run, other options before it are") {
  const std::string last = R"({"by":"med-z","version":"1","options":{}})";
  const auto list = [&](const std::string& before) { return R"(,"steps":[)" + before + last + "]"; };
  const std::string x1 = R"({"by":"med-x","version":"1","options":{}},)",
                    x2 = R"({"by":"med-x","version":"2","options":{}},)",
                    y = R"({"by":"med-y","version":"1","options":{}},)";
  CHECK(other_steps({{list(x1)}, {list("")}}).empty());
  CHECK(other_steps({{list(x1)}, {list(y)}}).empty());
  CHECK_FALSE(other_steps({{list(x1)}, {list(x2)}}).empty());
  CHECK_FALSE(other_steps({{list(x1)}, {R"(,"steps":[)" + x1.substr(0, x1.size() - 1) + "]"}}).empty());
}

TEST_CASE("inputs of other steps are named, mixed ones and failed records are not asked") {
  CHECK(other_steps({{steps("1"), steps("1")}, {steps("1")}}).empty());
  CHECK(other_steps({{}, {steps("1")}, {steps("2")}}) ==
        "s1 and s2 were not made by the same programs, versions and options; --any merges them");
  CHECK(other_steps({{""}, {steps("2")}}) ==
        "s0 and s1 were not made by the same programs, versions and options; --any merges them");
  CHECK(other_steps({{steps("1"), steps("2")}, {steps("3")}}).empty());
  CHECK(other_steps({{steps("3"), steps("4")}, {steps("3")}, {steps("4")}}).empty());  // mixed before the split
  CHECK(other_steps({{steps("1"), steps("2")}, {steps("3")}, {steps("4")}}) ==
        "s1 and s2 were not made by the same programs, versions and options; --any merges them");
  CHECK(other_steps({{steps("1")}, {steps("2") + R"(,"error":{"by":"med-x","code":"E_X","what":"x"})"}}).empty());
}
