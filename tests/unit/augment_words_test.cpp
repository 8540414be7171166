// SPDX-License-Identifier: Apache-2.0
// What users say of variants, read or refused.
#include "medvision/patch/augment_words.hpp"

#include <doctest/doctest.h>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

TEST_CASE("words become parameters") {
  augment_words w{{0, 90, 270}, {"top-bottom"}, "5%", {0.8, 1.25}, {}, 7};
  const augment_parameters p = with_words({.crop = {3, 4}}, w);
  CHECK(p.quarter_turns == std::vector<int>{0, 1, 3});
  CHECK(!p.left_right);
  CHECK(p.top_bottom);
  CHECK(p.translate == 0.05);
  CHECK(p.translate_is_share);
  CHECK(p.contrast == std::array<double, 2>{0.8, 1.25});
  CHECK(p.saturation == std::array<double, 2>{1, 1});
  CHECK(p.crop == cv::Size(3, 4));
  CHECK(p.seed == 7);
  w.translate = "12";
  CHECK(with_words({}, w).translate == 12);
  CHECK(!with_words({}, w).translate_is_share);
}

TEST_CASE("words that say nothing are refused, and so is a request for nothing") {
  const auto refused = [](const augment_words& w) { return code_of([&] { with_words({}, w); }, blame::request); };
  CHECK(refused({.rotate = {45}}) == "E_OPTION");
  CHECK(refused({.rotate = {360}}) == "E_OPTION");
  CHECK(refused({.flip = {"up"}}) == "E_OPTION");
  for (const char* text : {"%", "x", "5%%", "5 %", "-3", "101%", "1e9", "nan"})
    CHECK_MESSAGE(refused({.translate = text}) == "E_OPTION", text);
  CHECK(refused({.contrast = {0.5}}) == "E_OPTION");
  CHECK(refused({.saturation = {2, 1}}) == "E_OPTION");
  CHECK(refused({}) == "E_OPTION");
  CHECK(refused({.rotate = {0}}) == "");
}
