// SPDX-License-Identifier: Apache-2.0
// Shards put together give the manifest they were cut from.
#include "medvision/record/merge.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <sstream>

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

TEST_CASE("the same order in two inputs fails the second, in one input it does not") {
  const auto two = merged({line("p", "1") + line("q", "2"), line("p", "1") + line("r", "3")});
  CHECK(ids(two) == "p p! q r");
  CHECK(two[1].get_failure()->code == "E_ORDER");
  CHECK(two[1].get_failure()->what == "line 1 of b: its order [1] was met in a too");
  CHECK(ids(merged({line("p", "1") + line("group", "1")})) == "p group");
}

TEST_CASE("a record without order or behind its order fails, where it stands") {
  const auto none = merged({line("p", "1") + "{\"id\":\"q\",\"image\":\"a.png\"}\n" + line("r", "5"), line("s", "4")});
  CHECK(ids(none) == "p q! s r");
  CHECK(none[1].get_failure()->code == "E_ORDER");
  CHECK(ids(merged({line("p", "7") + line("q", "2") + line("r", "8"), line("s", "7,1")})) == "p q! s r");
}

TEST_CASE("a broken line and an earlier failure are passed on") {
  const std::string failed = R"({"id":"f","order":[2],"error":{"by":"med-crop","code":"E_X","what":"x"}})";
  const auto met = merged({line("p", "1") + "{broken\n" + line("q", "4"), failed + "\n" + line("r", "3")});
  CHECK(ids(met) == "p line-2! f! r q");
  CHECK(met[2].dump() == failed);
}

TEST_CASE("no inputs and empty inputs give nothing") {
  CHECK(merged({}).empty());
  CHECK(merged({"", "\n"}).empty());
}
