// SPDX-License-Identifier: Apache-2.0
// Each record is in one part, and I/N is understood.
#include "medvision/record/shard.hpp"

#include <doctest/doctest.h>

#include "medvision/error.hpp"

using namespace medvision;

TEST_CASE("a shard counts from 0 and says so when it is given as one of N from 1") {
  CHECK(shard::parse("").count == 1);
  CHECK(shard::parse("2/3").index == 2);
  for (const char* text : {"3/3", "-1/3", "1/0", "1", "a/b", "1/3x", "/3", "1/"})
    CHECK_THROWS_AS(shard::parse(text), error);
  try {
    shard::parse("3/3");
  } catch (const error& e) {
    CHECK(std::string(e.what()).find("2/3") != std::string::npos);
    CHECK(e.who() == blame::request);
  }
}

TEST_CASE("the parts of a division hold each record once, and a patient's together") {
  for (const std::uint64_t count : {1, 2, 7}) {
    for (int i = 0; i < 200; ++i) {
      const auto of_patient = [&](const std::string& id) {
        return record::parse(R"({"id":")" + id + R"(","tags":{"patient":"p)" + std::to_string(i / 3) + "\"}}");
      };
      const record r = of_patient("case" + std::to_string(i)), sibling = of_patient("other" + std::to_string(i));
      int in = 0;
      for (std::uint64_t k = 0; k < count; ++k) {
        const shard part{k, count};
        CHECK(shard::parse(part.text()).index == k);
        CHECK(part.has(r) == part.has(sibling));
        in += part.has(r) ? 1 : 0;
      }
      CHECK(in == 1);
    }
  }
}
