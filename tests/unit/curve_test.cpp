// SPDX-License-Identifier: Apache-2.0
#include "medvision/draw/curve.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "error_code.hpp"

using namespace medvision;
using points = std::vector<cv::Point2d>;

namespace {
double distance_to(const cv::Point2d& p, const cv::Point2d& a, const cv::Point2d& b) {
  const cv::Point2d along = b - a;
  const double length = along.dot(along), at = length > 0 ? std::clamp((p - a).dot(along) / length, 0.0, 1.0) : 0;
  return cv::norm(p - (a + along * at));
}

double distance_to(const cv::Point2d& p, const points& line) {
  double least = 1e300;
  for (std::size_t i = 1; i < line.size(); ++i) least = std::min(least, distance_to(p, line[i - 1], line[i]));
  return least;
}

/// A staircase to (1, 1) in n steps up or to the right.
points staircase(int n, unsigned seed) {
  cv::RNG random(seed);
  int up = 0, right = 0;
  std::vector<cv::Point> steps = {{0, 0}};
  for (int i = 0; i < n; ++i) {
    (random.uniform(0.0, 1.0) < 1 - double(i) / n ? up : right) += 1;
    steps.emplace_back(right, up);
  }
  points out;
  for (const cv::Point& s : steps) out.emplace_back(double(s.x) / right, double(s.y) / up);
  return out;
}
}  // namespace

TEST_CASE("a straight line needs its ends alone, and a corner stays") {
  points line;
  for (int i = 0; i <= 100; ++i) line.emplace_back(i / 100.0, i / 200.0);
  CHECK(thin_curve(line, {}) == points{{0, 0}, {1, 0.5}});
  points corner;
  for (int i = 0; i <= 100; ++i) corner.emplace_back(0, i / 100.0);
  for (int i = 1; i <= 100; ++i) corner.emplace_back(i / 100.0, 1);
  CHECK(thin_curve(corner, {}) == points{{0, 0}, {0, 1}, {1, 1}});
  CHECK(thin_curve(points{{0, 0}, {0, 1}, {0, 0.25}}, {}) == points{{0, 0}, {0, 1}, {0, 0.25}});
}

TEST_CASE("few points stay as they are") {
  CHECK(thin_curve(points{}, {}).empty());
  CHECK(thin_curve(points{{0.5, 0.5}}, {}) == points{{0.5, 0.5}});
  CHECK(thin_curve(points{{0.5, 0.5}, {0.5, 0.5}}, {}) == points{{0.5, 0.5}});
  CHECK(thin_curve(points{{0, 0}, {1, 1}}, {}).size() == 2);
}

TEST_CASE("fifty thousand points become few, and none that went was further off than it may") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const points all = staircase(50000, seed), some = thin_curve(all, {});
    CHECK(some.size() < 1000);
    CHECK(some.front() == all.front());
    CHECK(some.back() == all.back());
    double worst = 0;
    for (std::size_t i = 0; i < all.size(); i += 7) worst = std::max(worst, distance_to(all[i], some));
    CHECK(worst <= 1e-3);
    std::size_t at = 0;
    for (const cv::Point2d& p : some) {  // moved none, kept their order
      while (at < all.size() && all[at] != p) ++at;
      CHECK(at < all.size());
    }
  }
}

TEST_CASE("what is near is measured on the axes") {
  curve_axes axes;
  axes.y_high = 1000;
  points wave;
  for (int i = 0; i <= 1000; ++i) wave.emplace_back(i / 1000.0, std::sin(i * 0.3) * 0.2);
  CHECK(thin_curve(wave, axes).size() == 2);
  CHECK(thin_curve(wave, {}).size() > 200);
}

TEST_CASE("a drawing holds axes, curves, legend and nothing that could be markup") {
  curve_axes axes{"ROC <curve>", "1 - specificity", "recall & more"};
  axes.diagonal = true;
  const std::string svg = draw_curves(
      axes,
      std::vector<drawn_curve>{{"</svg><script>alert(1)</script>", "AUC \"0.9\"", {{0, 0}, {0, 1}, {1, 1}}, {}, {}, 0},
                               {"one point", "", {{0.5, 0.5}}, {}, {}, 1},
                               {"none", "one class only", {}, {}, {}, 2},
                               {"band", "", {{0, 0.5}, {1, 0.5}}, {{0, 0.4}, {1, 0.4}}, {{0, 0.6}, {1, 0.6}}, 3}});
  CHECK(svg.find("<script") == std::string::npos);
  CHECK(svg.find("&lt;/svg&gt;&lt;script&gt;") != std::string::npos);
  CHECK(svg.find("ROC &lt;curve&gt;") != std::string::npos);
  CHECK(svg.find("recall &amp; more") != std::string::npos);
  CHECK(svg.find("M56 394L56 34L416 34") != std::string::npos);  // (0,0), (0,1), (1,1) on 360 pixels from (56, 34)
  CHECK(svg.find("<circle cx=\"236\" cy=\"214\"") != std::string::npos);
  CHECK(svg.find("one class only") != std::string::npos);
  CHECK(svg.find("fill-opacity") != std::string::npos);
  for (const char* tick : {">0<", ">0.2<", ">0.4<", ">0.6<", ">0.8<", ">1<"})
    CHECK(svg.find(tick) != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
}

TEST_CASE("axes that show nothing and points that are nowhere are refused") {
  const std::vector<drawn_curve> none;
  curve_axes axes;
  axes.x_high = axes.x_low;
  CHECK(code_of([&] { draw_curves(axes, none); }) == "E_RANGE");
  axes.x_high = NAN;
  CHECK(code_of([&] { draw_curves(axes, none); }) == "E_RANGE");
  CHECK(code_of([&] { draw_curves({}, std::vector<drawn_curve>{{"a", "", {{0, NAN}}, {}, {}, 0}}); }) == "E_RANGE");
  CHECK(code_of([&] { draw_curves({}, std::vector<drawn_curve>{{"a", "", {{0, 1}}, {{0, 1}}, {}, 0}}); }) == "E_SHAPE");
}
