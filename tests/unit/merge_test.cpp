// SPDX-License-Identifier: Apache-2.0
// Shards put together give the manifest they were cut from.
#include "medvision/record/merge.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <random>
#include <sstream>

#include "medvision/error.hpp"
#include "medvision/record/manifest.hpp"

using namespace medvision;

namespace {

std::vector<record> merged(const std::vector<std::string>& texts) {
  std::deque<std::istringstream> streams;
  std::vector<named_input> inputs;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    streams.emplace_back(texts[i]);
    inputs.push_back({&streams.back(), std::string(1, char('a' + i))});
  }
  manifest_merger merger(inputs, "med-shard");
  std::vector<record> out;
  while (auto r = merger.next()) out.push_back(std::move(*r));
  return out;
}

std::string ids(const std::vector<record>& records) {
  std::string text;
  for (const record& r : records) text += (text.empty() ? "" : " ") + r.id() + (r.failed() ? "!" : "");
  return text;
}

std::string line(const std::string& id, const std::string& order) {
  return R"({"id":")" + id + R"(","image":"a.png","order":[)" + order + "]}\n";
}

std::string failed(const std::string& id, const std::string& order) {
  return R"({"id":")" + id + R"(","order":[)" + order + R"(],"error":{"by":"med-crop","code":"E_X","what":"x"}})" +
         "\n";
}

}  // namespace

TEST_CASE("records come by order, as lists of numbers and not as text") {
  CHECK(ids(merged({line("p", "2") + line("q", "10"), line("r", "3") + line("s", "9,0") + line("t", "9,1")})) ==
        "p r s t q");
}

TEST_CASE("any cut of an ordered manifest merges to the same bytes") {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    const int count = int(random() % 40), shards = 1 + int(random() % 6);
    std::string whole;
    std::vector<std::string> parts(std::size_t(shards), "");
    for (int i = 0; i < count; ++i) {
      const std::string one = line("r" + std::to_string(i), std::to_string(i * 3) + (i % 4 == 0 ? ",1" : ""));
      whole += one;
      parts[random() % parts.size()] += one;
    }
    std::string text;
    for (const record& r : merged(parts)) text += r.dump() + "\n";
    REQUIRE(text == whole);
  }
}

TEST_CASE("the same order twice fails the second, in two inputs and in one") {
  const auto two = merged({line("p", "1") + line("q", "2"), line("o", "1") + line("r", "3")});
  CHECK(ids(two) == "p o! q r");
  CHECK(two[1].get_failure()->code == "E_ORDER");
  CHECK(two[1].get_failure()->what == "line 1 of b: its order [1] was met in a too");
  const auto one = merged({line("p", "0") + line("q", "5") + line("r", "5") + line("s", "6")});
  CHECK(ids(one) == "p q r! s");
  CHECK(one[2].get_failure()->what == "line 3 of a: its order [5] was met in line 2 too");
}

TEST_CASE("a shard that is there twice is refused") {
  const auto refused = [](const std::vector<std::string>& texts) {
    try {
      return ids(merged(texts));
    } catch (const error& e) {
      CHECK(e.who() == blame::request);
      return std::string(e.what());
    }
  };
  CHECK(refused({line("p", "0") + line("q", "2"), line("r", "1"), line("p", "0") + line("q", "2")}) ==
        "a and c both hold 'p': a shard is there twice");
  CHECK(refused({failed("p", "0"), failed("p", "0")}) == "a and b both hold 'p': a shard is there twice");
}

TEST_CASE("a failed member stands ahead of its group, whatever their orders") {
  CHECK(ids(merged({failed("f", "1") + line("group", "1")})) == "f! group");
  CHECK(ids(merged({failed("f", "2") + line("g", "0") + line("h", "3"), line("k", "1") + line("l", "4")})) ==
        "f! g k h l");
  CHECK(ids(merged({failed("e", "2") + failed("f", "5") + line("g", "1") + failed("h", "8") + line("i", "6"),
                    line("k", "0") + line("l", "4") + line("m", "7")})) == "k e! f! g l h! i m");
  // The group failed too, and one behind it is at its own place.
  CHECK(ids(merged({failed("f", "4") + failed("group", "0") + failed("h", "3"), line("k", "2")})) == "f! group! k h!");
  CHECK(ids(merged({line("p", "5") + failed("f", "9") + line("q", "2"), line("k", "6")})) == "p f! q! k");
}

TEST_CASE("groups with failed members, cut by group, merge to the whole") {
  std::mt19937 random(8);
  for (int round = 0; round < 200; ++round) {
    const int count = 1 + int(random() % 30), shards = 1 + int(random() % 5), groups = 1 + int(random() % 8);
    std::map<int, std::vector<int>> members;  // of a group, by order
    for (int i = 0; i < count; ++i) members[int(random() % unsigned(groups))].push_back(i);
    std::map<int, std::pair<int, std::string>> blocks;  // by first order: the group and what comes out for it
    for (const auto& [group, of_it] : members) {
      std::string text;
      std::size_t bad = 0;
      for (const int i : of_it)
        if (random() % 3 == 0) text += failed("m" + std::to_string(i), std::to_string(i)), ++bad;
      const std::string order = std::to_string(of_it.front()), id = "g" + std::to_string(group);
      blocks[of_it.front()] = {group, text + (bad == of_it.size() ? failed(id, order) : line(id, order))};
    }
    std::string whole, text;
    std::vector<std::string> parts(std::size_t(shards), "");
    for (const auto& [first, block] : blocks)
      whole += block.second, parts[std::size_t(block.first % shards)] += block.second;
    for (const record& r : merged(parts)) text += r.dump() + "\n";
    REQUIRE(text == whole);
  }
}

TEST_CASE("a record without order or behind its order fails, where it stands") {
  const auto none = merged({line("p", "1") + "{\"id\":\"q\",\"image\":\"a.png\"}\n" + line("r", "5"), line("s", "4")});
  CHECK(ids(none) == "p q! s r");
  CHECK(none[1].get_failure()->code == "E_ORDER");
  CHECK(ids(merged({line("p", "7") + line("q", "2") + line("r", "8"), line("s", "7,1")})) == "p q! s r");
}

TEST_CASE("a broken line and an earlier failure are passed on") {
  const std::string earlier = failed("f", "2");
  const auto met = merged({line("p", "1") + "{broken\n" + line("q", "4"), earlier + line("r", "3")});
  CHECK(ids(met) == "p line-2! f! r q");
  CHECK(met[2].dump() + "\n" == earlier);
}

TEST_CASE("no inputs and empty inputs give nothing") {
  CHECK(merged({}).empty());
  CHECK(merged({"", "\n"}).empty());
}
