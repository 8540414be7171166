// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/lesions.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/score/cldice.hpp"

using namespace medvision;

namespace {
measure named(const measures& all, const std::string& name) {
  for (const measure& m : all)
    if (m.name == name) return m;
  FAIL("no measure " << name);
  return {};
}
double value(const measures& all, const std::string& name) { return named(all, name).value.value(); }

cv::Mat boxes(std::initializer_list<cv::Rect> list) {
  cv::Mat m = cv::Mat::zeros(40, 60, CV_8U);
  for (const cv::Rect& b : list) m(b).setTo(255);
  return m;
}
}  // namespace

TEST_CASE("three true lesions and three found, of which two meet: recall and precision are 2/3") {
  const cv::Mat truth = boxes({{2, 2, 4, 4}, {20, 2, 4, 4}, {40, 2, 4, 4}}),
                found = boxes({{3, 3, 4, 4}, {20, 2, 4, 4}, {50, 30, 4, 4}});
  const measures s = lesion_scores(found, truth);
  CHECK(value(s, "lesions_true") == 3);
  CHECK(value(s, "lesions_predicted") == 3);
  CHECK(value(s, "lesions_found") == 2);
  CHECK(value(s, "lesions_right") == 2);
  CHECK(value(s, "lesion_recall") == doctest::Approx(2.0 / 3));
  CHECK(value(s, "lesion_precision") == doctest::Approx(2.0 / 3));
  // 9 shared of 16 and 16: IoU 9/23, IoM and coverage 9/16.
  for (const auto& [rule, hits] : {std::pair{"iou:0.39", 2},
                                   {"iou:0.4", 1},
                                   {"iom:0.5625", 2},
                                   {"iom:0.57", 1},
                                   {"coverage:0.5625", 2},
                                   {"coverage:0.57", 1}})
    CHECK_MESSAGE(value(lesion_scores(found, truth, hit_rule_named(rule)), "lesions_found") == hits, rule);
}

TEST_CASE("one found lesion across two true ones hits both; coverage adds up what several pieces cover") {
  const cv::Mat two = boxes({{2, 2, 4, 4}, {10, 2, 4, 4}}), bridge = boxes({{2, 2, 12, 4}});
  CHECK(value(lesion_scores(bridge, two), "lesion_recall") == 1);
  CHECK(value(lesion_scores(bridge, two), "lesion_precision") == 1);
  const measures halves = lesion_scores(two, bridge, hit_rule_named("coverage:0.6"));
  CHECK(value(halves, "lesions_found") == 1);  // 32 of 48
  CHECK(value(lesion_scores(two, bridge, hit_rule_named("iou:0.5")), "lesions_found") == 0);
}

TEST_CASE("pixels that touch at a corner are one lesion with 8 neighbours and two with 4") {
  const cv::Mat m = boxes({{2, 2, 3, 3}, {5, 5, 3, 3}});
  CHECK(value(lesion_scores(m, m, {}, 8), "lesions_true") == 1);
  CHECK(value(lesion_scores(m, m, {}, 4), "lesions_true") == 2);
  CHECK_THROWS_AS(lesion_scores(m, m, {}, 6), error);
}

TEST_CASE("no true lesion: no recall; no found one: no precision") {
  const cv::Mat none = boxes({}), one = boxes({{2, 2, 3, 3}});
  CHECK(named(lesion_scores(one, none), "lesion_recall").why == "the truth has no lesion");
  CHECK(value(lesion_scores(one, none), "lesion_precision") == 0);
  CHECK(value(lesion_scores(none, one), "lesion_recall") == 0);
  CHECK(named(lesion_scores(none, one), "lesion_precision").why == "the prediction has no lesion");
}

TEST_CASE("hit rules are read or refused") {
  CHECK(hit_rule_named("any").by == hit_measure::any);
  CHECK(hit_rule_named("iou:0.25").share == 0.25);
  for (const char* wrong : {"", "any:0.5", "iou", "iou:", "iou:0", "iou:1.5", "iou:0.5x", "dice:0.5", "coverage:nan"})
    CHECK_THROWS_AS(hit_rule_named(wrong), error);
}

TEST_CASE("clDice of two parallel bars that overlap by half their width is worked out on their centre lines") {
  const cv::Mat a = boxes({{5, 10, 40, 7}}), same_line = boxes({{5, 12, 40, 3}}), apart = boxes({{5, 25, 40, 7}});
  CHECK(value(cldice_scores(a, a), "cldice") == 1);
  CHECK(value(cldice_scores(a, same_line), "cldice") == 1);  // widths differ, lines do not
  CHECK(value(cldice_scores(a, apart), "cldice") == 0);
  CHECK(value(cldice_scores(a, apart), "cldice_precision") == 0);
  const cv::Mat shorter = boxes({{5, 10, 20, 7}});
  const measures half = cldice_scores(a, shorter);
  CHECK(value(half, "cldice_sensitivity") == 1);
  const double p = value(half, "cldice_precision");
  CHECK(p > 0.4);
  CHECK(p < 0.6);
  CHECK(value(half, "cldice") == doctest::Approx(2 * p / (1 + p)));
}

TEST_CASE("clDice of empty masks: none for two, 0 for one; a lone square of 2x2 has no centre line") {
  const cv::Mat none = boxes({}), bar = boxes({{5, 10, 40, 7}}), square = boxes({{5, 5, 2, 2}});
  CHECK(named(cldice_scores(none, none), "cldice").why == "both masks are empty");
  CHECK(value(cldice_scores(none, bar), "cldice") == 0);
  CHECK(value(cldice_scores(bar, none), "cldice") == 0);
  CHECK(named(cldice_scores(none, bar), "cldice_precision").why == "the prediction is empty");
  CHECK(named(cldice_scores(square, bar), "cldice").why == "the prediction has no centre line");
}
