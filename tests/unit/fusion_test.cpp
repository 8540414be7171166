// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/fusion.hpp"

#include <doctest/doctest.h>

#include "error_code.hpp"

using namespace medvision;

TEST_CASE("mean, maximum and weights of two members: on paper") {
  const std::vector<named_scores> two{{{"benign", 0.25}, {"malignant", 1}}, {{"benign", 0.75}, {"malignant", 0.5}}};
  CHECK(fuse_scores(two, fusion::mean) == named_scores{{"benign", 0.5}, {"malignant", 0.75}});
  CHECK(fuse_scores(two, fusion::max) == named_scores{{"benign", 0.75}, {"malignant", 1}});
  CHECK(fuse_scores(two, fusion::mean, {3, 1}) == named_scores{{"benign", 0.375}, {"malignant", 0.875}});
  CHECK(fuse_scores(two, fusion::mean, {1, 0}) == two[0]);
  CHECK(fuse_scores({two[1]}, fusion::mean) == two[1]);
  CHECK(fuse_scores({{{"x", -2}}, {{"x", -3}}}, fusion::max) == named_scores{{"x", -2}});
}

TEST_CASE("a score that a member lacks is told, whichever member it is") {
  const named_scores both{{"a", 1}, {"b", 2}}, one{{"a", 1}};
  CHECK(sentence_of([&] { fuse_scores({both, one}, fusion::mean); }) == "member 2 of 2 has no score 'b', another has");
  CHECK(sentence_of([&] { fuse_scores({one, both}, fusion::max); }) == "member 1 of 2 has no score 'b', another has");
  CHECK_THROWS_AS(fuse_scores({}, fusion::mean), const error&);
  CHECK_THROWS_AS(fuse_scores({both, both}, fusion::mean, {1}), const error&);
  CHECK_THROWS_AS(fuse_scores({both, both}, fusion::mean, {1, -1}), const error&);
  CHECK_THROWS_AS(fuse_scores({both, both}, fusion::mean, {0, 0}), const error&);
}

TEST_CASE("weights go by the values of a field") {
  const weight_table t = parse_weights({"tags.model:a=0.6", "b=0.4", "c:1=d=2e-1"});
  CHECK(t.field == "tags.model");
  CHECK(t.of("a") == 0.6);
  CHECK(t.of("b") == 0.4);
  CHECK(t.of("c:1=d") == 0.2);
  CHECK(parse_weights({"a=0.6", "b=0.4"}).field == "tags.model");
  CHECK(sentence_of([&] { (void)t.of("z"); }) == "'tags.model' is 'z', which has no weight");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"a"},
                                                {"f:a"},
                                                {"f:a="},
                                                {"f:=1"},
                                                {"f:a=-1"},
                                                {"f:a=nan"},
                                                {"f:a=1x"},
                                                {"f:a=1", "a=2"},
                                                {"f:a=0"},
                                                {":a=1"},
                                                {}})
    CHECK_THROWS_AS(parse_weights(words), const error&);
}
