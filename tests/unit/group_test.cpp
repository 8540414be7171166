// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/group.hpp"

#include <doctest/doctest.h>

#include "error_code.hpp"
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

TEST_CASE("a group has its members' features under the names that their fields make") {
  const auto view = [](const std::string& id, const std::string& side, const std::string& angle) {
    return record::parse(R"({"id":")" + id + R"(","tags":{"side":")" + side + R"(","view":")" + angle +
                         R"("},"features":{"v":{"path":")" + id +
                         R"(.npy","shape":[3]},"w":{"path":"w","shape":[1]}}})");
  };
  const member_features which = parse_member_features({"v:tags.side", "tags.view"});
  CHECK(which.name == "v");
  CHECK(which.fields == std::vector<std::string>{"tags.side", "tags.view"});
  const auto all = collect_features({view("a", "L", "CC"), view("b", "R", "mlo-2")}, which);
  REQUIRE(all.size() == 2);
  CHECK(all.at("l_cc").path == "a.npy");
  CHECK(all.at("r_mlo_2").path == "b.npy");
  CHECK(all.at("l_cc").shape == std::vector<int>{3});
  CHECK_THROWS_WITH_AS(collect_features({view("a", "L", "CC"), view("b", "l", "cc")}, which),
                       "the members 'a' and 'b' are both 'l_cc'", const error&);
  CHECK_THROWS_WITH_AS(collect_features({view("a", "L", "CC")}, {"x", {"tags.side"}}),
                       "the member 'a' has no features 'x'; it has: v, w", const error&);
  CHECK_THROWS_WITH_AS(collect_features({view("a", "L", "CC")}, {"v", {"tags.eye"}}),
                       "the member 'a' has no 'tags.eye' to name its features by", const error&);
  CHECK(collect_features({view("a", "L", "CC")}, {}).empty());
}

TEST_CASE("which features a group takes is said as NAME:FIELD,...") {
  CHECK(parse_member_features({}).name.empty());
  CHECK_THROWS_AS(parse_member_features({"v"}), const error&);
  CHECK_THROWS_AS(parse_member_features({":tags.side"}), const error&);
  CHECK_THROWS_AS(parse_member_features({"v:", "tags.side"}), const error&);
  CHECK_THROWS_AS(parse_member_features({"v:tags.side", ""}), const error&);
}

TEST_CASE("regions have keys by their place, and one that repeats another has none") {
  const record r = record::parse(
      R"({"id":"a","image":"a.png","rois":[{"box":[0,0,1,1],"cluster":4},{"box":[0,0,1,1],"repeat":true},{"box":[1,0,1,1],"cluster":0}]})");
  CHECK(region_keys(r, "cluster") == std::map<int, std::string>{{0, "4"}, {2, "0"}});
  CHECK(region_keys(r, "") == std::map<int, std::string>{{0, ""}, {2, ""}});
  CHECK(code_of([&] { region_keys(r, "class"); }) == "E_GROUP");
  CHECK(code_of([&] { region_keys(record::parse(R"({"id":"a","image":"a.png"})"), ""); }) == "E_RECORD");
  CHECK(region_keys(record::parse(R"({"id":"a","image":"a.png","rois":[]})"), "cluster").empty());
}
