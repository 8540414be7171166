// SPDX-License-Identifier: Apache-2.0
#include "medvision/cluster/samples.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "error_code.hpp"

using namespace medvision;

TEST_CASE("vectors lie one behind the other, and each knows whose it is") {
  samples s(10);
  s.add("a", {{0, cv::Mat::ones(2, 2, CV_32F)}, {2, cv::Mat::zeros(4, 1, CV_32F)}});
  s.add("none", {});
  s.add("b", {{1, cv::Mat::zeros(1, 4, CV_32F)}});
  REQUIRE(s.rows().size() == cv::Size(4, 3));
  CHECK(s.rows().at<float>(0, 3) == 1);
  CHECK(s.rows_of("a") == std::map<int, int>{{0, 0}, {2, 1}});
  CHECK(s.rows_of("b") == std::map<int, int>{{1, 2}});
  CHECK(s.rows_of("none").empty());
  CHECK(s.owner_of(1).name == "a");
  CHECK(s.owner_of(1).index == 2);
}

TEST_CASE("a case that does not fit leaves nothing behind") {
  samples s(3);
  const cv::Mat good = cv::Mat::ones(1, 2, CV_32F);
  s.add("a", {{0, good}});
  CHECK(code_of([&] { s.add("long", {{0, good}, {1, cv::Mat::ones(1, 3, CV_32F)}}); }) == "E_SHAPE");
  CHECK(code_of([&] { s.add("double", {{0, cv::Mat::ones(1, 2, CV_64F)}}); }) == "E_SHAPE");
  CHECK(code_of([&] { s.add("nan", {{0, good}, {1, good * NAN}}); }) == "E_NONFINITE");
  CHECK(code_of([&] { s.add("many", {{0, good}, {1, good}, {2, good}}); }) == "E_LIMIT");
  CHECK(s.rows().rows == 1);
  s.add("b", {{0, good}, {1, good}});
  CHECK(s.rows_of("b") == std::map<int, int>{{0, 1}, {1, 2}});
  samples fresh(3);
  CHECK(code_of([&] { fresh.add("uneven", {{0, good}, {1, cv::Mat::ones(1, 3, CV_32F)}}); }) == "E_SHAPE");
}
