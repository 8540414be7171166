// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/members.hpp"

#include <doctest/doctest.h>

#include "error_code.hpp"

using namespace medvision;

TEST_CASE("members of an ensemble: on paper") {
  const named_scores all{{"m1.y.benign", 0.25}, {"m1.y.malignant", 1},  {"m2.y.benign", 0.75},  {"m2.y.malignant", 0.5},
                         {"m10.y.benign", 9},   {"reader.benign", 0.5}, {"reader.malignant", 0}};
  const auto fused = [&](const std::vector<std::string>& words, fusion how = fusion::mean) {
    return fuse_members(all, parse_members(words), how);
  };
  CHECK(fused({"m1.y", "m2.y"}) == named_scores{{"benign", 0.5}, {"malignant", 0.75}});
  CHECK(fused({"m1", "m2"}) == named_scores{{"y.benign", 0.5}, {"y.malignant", 0.75}});
  CHECK(fused({"m1.y=3", "m2.y"}) == named_scores{{"benign", 0.375}, {"malignant", 0.875}});
  CHECK(fused({"m1.y=0.5", "reader=0.5"}) == named_scores{{"benign", 0.375}, {"malignant", 0.5}});
  CHECK(fused({"m1.y", "m2.y"}, fusion::max) == named_scores{{"benign", 0.75}, {"malignant", 1}});
  CHECK(fused({"m1.y=0", "m2.y"}) == fused({"m2.y"}));
  CHECK(fused({"m1.y.benign", "m2.y.benign"}) == named_scores{{"score", 0.5}});
}

TEST_CASE("the mean of members is the mean of records that hold one each") {
  named_scores all;
  std::vector<named_scores> apart;
  std::vector<std::string> words;
  for (int i = 1; i <= 5; ++i) {
    const named_scores one{{"benign", 0.1 * i}, {"malignant", 1.0 / i}};
    for (const auto& [name, value] : one) all["m" + std::to_string(i) + "." + name] = value;
    apart.push_back(one);
    words.push_back("m" + std::to_string(i));
  }
  CHECK(fuse_members(all, parse_members(words), fusion::mean) == fuse_scores(apart, fusion::mean));
}

TEST_CASE("what is wrong with members is told") {
  const named_scores all{{"a.x", 1}, {"b.y", 2}};
  const auto fuse = [&](const std::vector<std::string>& words) {
    return sentence_of([&] { fuse_members(all, parse_members(words), fusion::mean); });
  };
  CHECK(fuse({"a", "c"}) == "there is no score of the member 'c'");
  CHECK(fuse({"a", "b"}) == "member 2 of 2 has no score 'x', another has");
  CHECK(fuse({"a", "a=2"}) == "the member 'a' is named twice");
  CHECK(fuse({"=1"}) == "'=1' names no member");
  CHECK(fuse({"a=-1"}) == "'a=-1' is no NAME=WEIGHT with a weight from 0 up");
  CHECK(fuse({"a="}) == "'a=' is no NAME=WEIGHT with a weight from 0 up");
  CHECK(fuse({"a=0"}) == "all weights are zero");
}

TEST_CASE("values of channels are called after their classes") {
  CHECK(name_by_class({1}, {}, "m") == named_scores{{"m", 1}});
  CHECK(name_by_class({1, 2}, {"a"}, "m") == named_scores{{"m.a", 1}, {"m.1", 2}});
}
