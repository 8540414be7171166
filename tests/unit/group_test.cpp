// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/group.hpp"

#include <doctest/doctest.h>

#include "medvision/error.hpp"

using namespace medvision;

TEST_CASE("a key is the values of its fields, and never that of another group") {
  const record r =
      record::parse(R"({"id":"a/b","tags":{"patient":"p","side":"L","slash":"x/y"},"labels":{"grade":2}})");
  CHECK(group_key(r, {"tags.patient", "tags.side"}) == "p/L");
  CHECK(group_key(r, {"labels.grade"}) == "2");
  CHECK(group_key(r, {"id"}) == "a/b");
  CHECK_THROWS_AS(group_key(r, {"tags.patient", "tags.slash"}), const error&);
  CHECK_THROWS_AS(group_key(r, {"tags.patient", "tags.view"}), const error&);
}

TEST_CASE("a group has the tags, labels and steps that all members have alike") {
  const std::string steps = R"("steps":[{"by":"med-x","version":"1","options":{"k":1}}])";
  const std::vector<record> members{
      record::parse(R"({"id":"a","tags":{"patient":"p","view":"CC"},"labels":{"grade":2,"age":50},)" + steps + "}"),
      record::parse(R"({"id":"b","tags":{"patient":"p","view":"MLO"},"labels":{"grade":2,"age":51,"own":1},)" + steps +
                    "}")};
  record g("g");
  CHECK(g.take_shared(members) == std::vector<std::string>{"age", "own"});
  CHECK(g.dump() == R"({"id":"g","tags":{"patient":"p"},"labels":{"grade":2},)" + steps + "}");
  record other("g");
  CHECK(other.take_shared({members[0], record::parse(R"({"id":"c"})")}) == std::vector<std::string>{"grade", "age"});
  CHECK(other.dump() == R"({"id":"g"})");
  CHECK(other.take_shared({}).empty());
}

TEST_CASE("a group counts its members, and those that never came where their number is known") {
  record g("g");
  CHECK(!g.group());
  g.set_group({2, 1, {}});
  CHECK(g.dump() == R"({"id":"g","group":{"n":2,"failed":1}})");
  CHECK(!g.group()->missing);
  g.set_group(count_missing(*g.group(), 4));
  CHECK(g.dump() == R"({"id":"g","group":{"n":2,"failed":1,"missing":1}})");
  CHECK(g.group()->missing == 1);
  CHECK(count_missing({2, 0, {}}, 2).missing == 0);
  CHECK_THROWS_AS(count_missing({2, 1, {}}, 2), const error&);
  CHECK(g.check().empty());  // a group needs no picture
  CHECK(!record("h").check().empty());
}
