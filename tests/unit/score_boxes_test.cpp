// SPDX-License-Identifier: Apache-2.0
// Boxes found and missed: on paper, against published overlaps, and against slow obvious loops.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "medvision/error.hpp"
#include "medvision/score/box_measures.hpp"
#include "medvision/score/boxes.hpp"

using namespace medvision;

namespace {

labelled_box box(double x, double y, double w, double h, double score = 0, std::string name = "") {
  return {{x, y, w, h}, std::move(name), score};
}

using boxes = std::vector<labelled_box>;

}  // namespace

TEST_CASE("overlaps on paper") {
  const cv::Rect2d big(0, 0, 100, 100), small(10, 10, 10, 10), beside(100, 0, 10, 10), none(5, 5, 0, 15);
  CHECK(*box_iou(big, small) == 0.01);
  CHECK(*box_iom(big, small) == 1);
  CHECK(*box_iou(big, beside) == 0);  // half-open: they only touch
  CHECK(*box_iou(big, none) == 0);
  CHECK(!box_iom(big, none));
  CHECK(!box_iou(none, none));
}

TEST_CASE("a true box is found by its best prediction, whatever its score") {
  const boxes truth = {box(0, 0, 10, 10), box(50, 50, 10, 10)}, predicted = {box(5, 0, 10, 10), box(0, 0, 4, 4)};
  CHECK(best_overlaps(truth, predicted, {hit_rule::iom}) == std::vector<double>{1, 0});
  CHECK(best_overlaps(truth, predicted, {hit_rule::iou}) == std::vector<double>{50.0 / 150, 0});
  CHECK(best_overlaps(truth, boxes{box(5, 5, 9.9, 9.9)}, {hit_rule::centre}) == std::vector<double>{1, 0});
  CHECK(best_overlaps(truth, boxes{box(5, 5, 10, 10)}, {hit_rule::centre})[0] == 0);  // its centre is the far corner
  CHECK(best_overlaps(truth, boxes{}, {}) == std::vector<double>{0, 0});
  CHECK(best_overlaps(boxes{box(0, 0, 9, 9, 0, "mass")}, boxes{box(0, 0, 9, 9, 0, "calc")},
                      {hit_rule::iou, 0.3, true}) == std::vector<double>{0});
}

TEST_CASE("hits of a FROC on paper: found once, extra hits ignored or false") {
  const boxes truth = {box(0, 0, 10, 10), box(50, 50, 10, 10)};
  const boxes predicted = {box(0, 0, 10, 10, 0.9), box(1, 1, 10, 10, 0.8), box(80, 80, 5, 5, 0.8),
                           box(50, 50, 10, 10, 0.1)};
  const auto ignored = count_hits(truth, predicted, {});
  REQUIRE(ignored.size() == 3);
  CHECK(ignored[0].positives == 1);
  CHECK(ignored[1].negatives == 1);
  CHECK(ignored[2].positives == 1);
  CHECK(count_hits(truth, predicted, {{}, true, false})[1].negatives == 2);
  CHECK(*sensitivity_at(ignored, 2, 1, 0) == 0.5);
  CHECK(*sensitivity_at(ignored, 2, 1, 1) == 1);
  CHECK(*sensitivity_at(ignored, 2, 4, 0.24) == 0.5);
  CHECK(*sensitivity_at(ignored, 2, 4, 0.25) == 1);
  CHECK(!sensitivity_at(ignored, 0, 1, 1));
}

TEST_CASE("one prediction over two boxes finds both, or the one it overlaps most") {
  const boxes truth = {box(0, 0, 10, 10), box(12, 0, 10, 10)}, predicted = {box(0, 0, 21, 10, 1)};
  CHECK(count_hits(truth, predicted, {})[0].positives == 2);
  CHECK(count_hits(truth, predicted, {{}, false, true})[0].positives == 1);
}

TEST_CASE("the pointing game looks at the surest prediction alone") {
  const boxes truth = {box(0, 0, 10, 10)};
  CHECK(*pointing_hit(truth, boxes{box(4, 4, 2, 2, 0.1), box(40, 40, 2, 2, 0.9)}, 0) == false);
  CHECK(*pointing_hit(truth, boxes{box(4, 4, 2, 2, 0.9), box(40, 40, 2, 2, 0.9)}, 0) == true);
  CHECK(*pointing_hit(truth, boxes{box(19, 4, 2, 2)}, 0) == false);
  CHECK(*pointing_hit(truth, boxes{box(19, 4, 2, 2)}, 15) == true);
  CHECK(*pointing_hit(truth, boxes{}, 0) == false);
  CHECK(!pointing_hit(boxes{}, boxes{box(1, 1, 1, 1)}, 0));
}

TEST_CASE("the measures of a picture: one box of two at 0.3, both at 0.2, none without a true box") {
  const boxes truth = {box(0, 0, 10, 10), box(50, 50, 10, 10)},
              predicted = {box(0, 0, 10, 10, 1), box(58, 50, 10, 10, 0.5)};
  const auto value = [](const std::vector<named_measure>& all, const std::string& name) {
    for (const auto& m : all)
      if (m.name == name) return m.value;
    throw std::runtime_error("no measure " + name);
  };
  const auto met = measure_boxes(truth, predicted, {{}, true});
  CHECK((*value(met, "truth") == 2 && *value(met, "found") == 1 && *value(met, "recall") == 0.5));
  CHECK((*value(met, "found@0.20") == 2 && *value(met, "found@0.25") == 1 && *value(met, "found@1.00") == 1));
  CHECK((*value(met, "image_found") == 1 && *value(met, "pointing") == 1));
  const auto none = measure_boxes(boxes{}, predicted, {});
  CHECK((!value(none, "recall") && !value(none, "image_found") && !value(none, "pointing") &&
         *value(none, "found") == 0));
  CHECK(!value(measure_boxes(truth, predicted, {{}, false, false}), "pointing"));
}

TEST_CASE("boxes of no size, not finite, or outside the picture are refused by number") {
  CHECK_THROWS_WITH_AS(check_boxes(boxes{box(0, 0, 1, 1), box(1, 2, 0, 4)}, {}, "true"),
                       "the true box 1 is [1, 2, 0, 4]: width and height must be positive", error);
  CHECK_THROWS_WITH_AS(check_boxes(boxes{box(100, 0, 5, 5)}, {100, 80}, "predicted"),
                       "the predicted box 0 is [100, 0, 5, 5]: outside the picture of 100x80", error);
  CHECK_NOTHROW(check_boxes(boxes{box(-4, 0, 5, 5)}, {100, 80}, "true"));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(check_boxes(boxes{box(nan, 0, 5, 5)}, {}, "true"), error);
  CHECK_THROWS_AS(count_hits(boxes{}, boxes{box(0, 0, 5, 5, nan)}, {}), error);
}

TEST_CASE("random boxes: overlaps symmetric, hits add up, the best overlap decides what is found") {
  std::mt19937 random(8);
  const auto some = [&](int n) {
    boxes out;
    for (int i = 0; i < n; ++i)
      out.push_back(box(random() % 40, random() % 40, 1 + random() % 20, 1 + random() % 20, (random() % 5) / 4.0));
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    const boxes truth = some(int(random() % 6)), predicted = some(int(random() % 8));
    const hit_rule rule{hit_rule::kind(random() % 3), (1 + random() % 9) / 10.0};
    const auto best = best_overlaps(truth, predicted, rule);
    std::int64_t positives = 0, all = 0;
    const boxes_found met = found_at(best, rule.by == hit_rule::centre ? 1 : rule.at_least);
    const std::int64_t found = met.found;
    REQUIRE(met.any.has_value() == !truth.empty());
    REQUIRE((truth.empty() || *met.recall == double(found) / double(truth.size())));
    for (const auto& c : count_hits(truth, predicted, {rule, true})) positives += c.positives, all += c.negatives;
    REQUIRE(positives == found);
    REQUIRE(all <= std::int64_t(predicted.size()));
    for (const auto& t : truth)
      for (const auto& p : predicted) {
        REQUIRE(box_iou(t.box, p.box) == box_iou(p.box, t.box));
        REQUIRE(*box_iom(t.box, p.box) >= *box_iou(t.box, p.box));
      }
  }
}

TEST_CASE("published overlaps") {
  std::ifstream file(MEDVISION_REFERENCE "/golden/metrics/boxes.json");
  if (!file) {
    MESSAGE("SKIPPED: ../shared/golden/metrics/boxes.json is absent");
    return;
  }
  const auto cases = nlohmann::json::parse(file);
  REQUIRE(cases.size() > 0);
  for (const auto& c : cases) {
    const auto rect = [](const auto& v) {
      return cv::Rect2d(v[0], v[1], v[2].template get<double>() - v[0].template get<double>(),
                        v[3].template get<double>() - v[1].template get<double>());
    };
    const auto a = rect(c["a"]), b = rect(c["b"]);
    for (const auto& [name, met] : {std::pair{"iou", box_iou(a, b)}, std::pair{"iom", box_iom(a, b)}}) {
      if (c[name].is_string())
        CHECK(!met);
      else
        CHECK(std::abs(met.value() - c[name].get<double>()) < 1e-9);
    }
  }
}
