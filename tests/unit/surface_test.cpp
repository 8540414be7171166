// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/surface.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
const measure& named(const measures& all, const std::string& name) {
  for (const measure& m : all)
    if (m.name == name) return m;
  FAIL("no measure " << name);
  return all.front();
}
double value(const measures& all, const std::string& name) { return named(all, name).value.value(); }

std::vector<cv::Point> pixels_of(const cv::Mat& mask) {
  std::vector<cv::Point> found;
  for (int y = 0; y < mask.rows; ++y)
    for (int x = 0; x < mask.cols; ++x)
      if (mask.at<uchar>(y, x)) found.emplace_back(x, y);
  return found;
}

/// Every pixel against every other.
std::vector<double> slow_nearest(const cv::Mat& from, const cv::Mat& to, const pixel_steps& s) {
  std::vector<double> found;
  const auto targets = pixels_of(to);
  for (const cv::Point& a : pixels_of(from)) {
    double best = 1e300;
    for (const cv::Point& b : targets) {
      const double dx = (a.x - b.x) * s.column, dy = (a.y - b.y) * s.row;
      best = std::min(best, dx * dx + dy * dy);
    }
    found.push_back(best);
  }
  std::sort(found.begin(), found.end());
  return found;
}

cv::Mat slow_surface(const cv::Mat& mask) {
  cv::Mat out = cv::Mat::zeros(mask.size(), CV_8U);
  const auto on = [&](int y, int x) {
    return y >= 0 && x >= 0 && y < mask.rows && x < mask.cols && mask.at<uchar>(y, x) != 0;
  };
  for (const cv::Point& p : pixels_of(mask))
    if (!on(p.y - 1, p.x) || !on(p.y + 1, p.x) || !on(p.y, p.x - 1) || !on(p.y, p.x + 1)) out.at<uchar>(p) = 255;
  return out;
}

cv::Mat blobs(cv::Size size, std::uint64_t seed, double sigma, double level) {
  cv::Mat noise(size, CV_32F);
  cv::RNG(seed).fill(noise, cv::RNG::NORMAL, 0, 1);
  if (sigma > 0) cv::GaussianBlur(noise, noise, {}, sigma);
  return noise > level / std::max(1.0, 2 * sigma);
}

double slow_quantile(std::vector<double> v, double q) {
  std::sort(v.begin(), v.end());
  const double rank = q * double(v.size() - 1);
  const auto low = std::size_t(rank), high = std::min(low + 1, v.size() - 1);
  return v[low] + (v[high] - v[low]) * (rank - double(low));
}
}  // namespace

TEST_CASE("the surface of a 5x4 block in the corner is its ring; of a line the line; of one pixel the pixel") {
  cv::Mat m = cv::Mat::zeros(8, 9, CV_8U);
  m({0, 0, 5, 4}).setTo(1);
  CHECK(cv::countNonZero(find_surface(m)) == 20 - 3 * 2);
  m.setTo(0);
  m.row(3).setTo(1);
  CHECK(cv::countNonZero(find_surface(m)) == 9);
  CHECK(cv::countNonZero(find_surface(cv::Mat::ones(1, 1, CV_8U))) == 1);
}

TEST_CASE("surfaces equal the definition, on every kind of mask and narrow pictures") {
  for (cv::Size size : {cv::Size(1, 1), {1, 7}, {7, 1}, {2, 2}, {3, 3}, {33, 17}, {130, 40}})
    for (std::uint64_t seed = 1; seed < 6; ++seed) {
      const cv::Mat m = blobs(size, seed, seed % 2 ? 0 : 2, -0.5);
      CHECK(cv::norm(find_surface(m), slow_surface(m), cv::NORM_INF) == 0);
    }
}

TEST_CASE("two pixels that are 3 across and 4 down lie 5 apart, 2.5 mm where a pixel is half a millimetre") {
  cv::Mat a = cv::Mat::zeros(10, 10, CV_8U), b = a.clone();
  a.at<uchar>(1, 1) = 1;
  b.at<uchar>(5, 4) = 1;
  const measures px = surface_scores(a, b, {{}, "px", {4.9, 5}});
  for (const char* name : {"hd_px", "hd95_px", "hd95_pooled_px", "hd95_worst_px", "assd_px", "masd_px"})
    CHECK_MESSAGE(value(px, name) == 5, name);
  CHECK(value(px, "nsd_4.9px") == 0);
  CHECK(value(px, "nsd_5px") == 1);
  CHECK(value(surface_scores(a, b, {{0.5, 0.5}, "mm", {}}), "hd_mm") == 2.5);
  CHECK(value(surface_scores(a, b, {{1.5, 2}, "mm", {}}), "hd_mm") == doctest::Approx(std::hypot(6, 6)));
}

TEST_CASE("a line against itself shifted by two: the mean of the directions differs from that of the list") {
  cv::Mat a = cv::Mat::zeros(5, 12, CV_8U), b = a.clone();
  a.row(2).colRange(0, 3).setTo(1);   // columns 0 1 2
  b.row(2).colRange(2, 10).setTo(1);  // columns 2 … 9
  const measures s = surface_scores(a, b);
  CHECK(value(s, "hd_px") == 7);
  CHECK(value(s, "assd_px") == doctest::Approx((3.0 + 28) / 11).epsilon(1e-15));  // 2+1+0, 0+1+…+7
  CHECK(value(s, "masd_px") == doctest::Approx((1.0 + 3.5) / 2).epsilon(1e-15));
  CHECK(value(s, "hd95_px") == doctest::Approx(6.65).epsilon(1e-15));  // rank 0.95*7 of 0…7
  // 0 0 1 1 2 2 3 4 5 6 7: rank 9.5
  CHECK(value(s, "hd95_pooled_px") == doctest::Approx(6.5).epsilon(1e-15));
}

TEST_CASE("an empty mask has no distances; the worst is the picture's diagonal, and nsd is 0 when one is empty") {
  const cv::Mat none = cv::Mat::zeros(30, 40, CV_8U), one = cv::Mat::ones(30, 40, CV_8U);
  for (bool truth_is_empty : {true, false}) {
    const measures s =
        truth_is_empty ? surface_scores(one, none, {{}, "px", {2}}) : surface_scores(none, one, {{}, "px", {2}});
    CHECK(named(s, "hd95_px").why == (truth_is_empty ? "the truth is empty" : "the prediction is empty"));
    CHECK(value(s, "hd95_worst_px") == 50);
    CHECK(value(s, "nsd_2px") == 0);
  }
  const measures both = surface_scores(none, none, {{}, "px", {2}});
  REQUIRE(both.size() == 7);
  for (const measure& m : both) CHECK_MESSAGE((!m.value && m.why == "both masks are empty"), m.name);
  CHECK_THROWS_AS(nearest_squared(list_pixels(one), list_pixels(none)), error);
  CHECK(nearest_squared(list_pixels(none), list_pixels(none)).empty());
}

TEST_CASE("pixels are listed row by row, whatever their value and the width") {
  for (int width : {1, 7, 8, 9, 31, 64}) {
    cv::Mat m(5, width, CV_8U);
    cv::RNG(width).fill(m, cv::RNG::UNIFORM, -200, 256);  // about half are 0
    const pixel_rows list = list_pixels(m);
    std::vector<cv::Point> met;
    for (int y = 0; y < 5; ++y)
      for (int x : list.row(y)) met.emplace_back(x, y);
    CHECK(met == pixels_of(m));
  }
}

TEST_CASE("nearest distances equal those of all pairs: sparse and dense, near and far, square and long pixels") {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    cv::RNG r(seed * 77);
    const cv::Size size(r.uniform(1, 90), r.uniform(1, 60));
    const pixel_steps steps = seed % 3 ? pixel_steps{} : pixel_steps{r.uniform(0.01, 3.0), r.uniform(0.01, 3.0)};
    cv::Mat from = blobs(size, seed, 0, r.uniform(-1.5, 2.5)), to = blobs(size, seed + 999, 0, r.uniform(-1.5, 3.0));
    if (seed % 5 == 0) to = 0, to.at<uchar>(r.uniform(0, size.height), r.uniform(0, size.width)) = 1;
    if (cv::countNonZero(to) == 0) continue;
    std::vector<double> met = nearest_squared(list_pixels(from), list_pixels(to), steps);
    std::sort(met.begin(), met.end());
    const std::vector<double> want = slow_nearest(from, to, steps);
    REQUIRE(met.size() == want.size());
    double worst = 0;
    for (std::size_t i = 0; i < met.size(); ++i) worst = std::max(worst, std::abs(met[i] - want[i]));
    CHECK(worst <= (seed % 3 ? 0 : 1e-9));
    compared += int(met.size());
  }
  CHECK(compared > 10000);
}

TEST_CASE("sets that are hundreds or tens of thousands of rows apart are measured exactly") {
  for (const cv::Size size : {cv::Size(40, 700), {3, 40000}, {700, 40}}) {
    cv::Mat from = cv::Mat::zeros(size, CV_8U), to = from.clone();
    for (int i = 0; i < 30; ++i) {
      from.at<uchar>((i * i) % 20, (i * 7) % size.width) = 1;
      to.at<uchar>(size.height - 1 - (i * 3) % 20, size.width - 1 - (i * 11) % (size.width / 2 + 1)) = 1;
    }
    for (const pixel_steps& steps : {pixel_steps{}, pixel_steps{0.2, 1.7}}) {
      std::vector<double> met = nearest_squared(list_pixels(from), list_pixels(to), steps);
      std::sort(met.begin(), met.end());
      const std::vector<double> want = slow_nearest(from, to, steps);
      REQUIRE(met.size() == want.size());
      for (std::size_t i = 0; i < met.size(); ++i) CHECK(met[i] == doctest::Approx(want[i]).epsilon(1e-12));
    }
  }
}

TEST_CASE("scores of random blobs equal those of all pairs, and swapping the masks changes none") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const cv::Mat a = blobs({80, 60}, seed, 3, 1), b = blobs({80, 60}, seed + 50, 3, 1);
    if (!cv::countNonZero(a) || !cv::countNonZero(b)) continue;
    const pixel_steps steps{0.3, 0.7};
    std::vector<double> ab = slow_nearest(slow_surface(a), slow_surface(b), steps),
                        ba = slow_nearest(slow_surface(b), slow_surface(a), steps), all;
    for (auto* list : {&ab, &ba})
      for (double& d : *list) all.push_back(d = std::sqrt(d));
    const measures s = surface_scores(a, b, {steps, "mm", {1}});
    CHECK(value(s, "hd_mm") == doctest::Approx(std::max(ab.back(), ba.back())).epsilon(1e-12));
    CHECK(value(s, "hd95_mm") ==
          doctest::Approx(std::max(slow_quantile(ab, 0.95), slow_quantile(ba, 0.95))).epsilon(1e-12));
    CHECK(value(s, "hd95_pooled_mm") == doctest::Approx(slow_quantile(all, 0.95)).epsilon(1e-12));
    double sum = 0, near = 0;
    for (double d : all) sum += d, near += d <= 1;
    CHECK(value(s, "assd_mm") == doctest::Approx(sum / double(all.size())).epsilon(1e-12));
    CHECK(value(s, "nsd_1mm") == doctest::Approx(near / double(all.size())).epsilon(1e-12));
    const measures swapped = surface_scores(b, a, {steps, "mm", {1}});
    for (const measure& m : s)
      CHECK_MESSAGE(value(swapped, m.name) == doctest::Approx(*m.value).epsilon(1e-12), m.name);
  }
}

TEST_CASE("a mask has distance 0 to itself") {
  const cv::Mat a = blobs({50, 50}, 4, 2, 0);
  const measures s = surface_scores(a, a, {{}, "px", {0}});
  CHECK(value(s, "hd_px") == 0);
  CHECK(value(s, "nsd_0px") == 1);
}
