// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/pixel_counts.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
bool same(const score_counts& a, const score_counts& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].score != b[i].score || a[i].positives != b[i].positives || a[i].negatives != b[i].negatives) return false;
  return true;
}

score_counts slow_counts(const cv::Mat& v, const cv::Mat& t, const cv::Mat& s) {
  std::map<double, score_count, std::greater<>> by;
  for (int y = 0; y < v.rows; ++y)
    for (int x = 0; x < v.cols; ++x) {
      if (!s.empty() && !s.at<uchar>(y, x)) continue;
      score_count& c = by[double(v.at<float>(y, x))];
      ++(t.at<uchar>(y, x) ? c.positives : c.negatives);
    }
  score_counts out;
  for (const auto& [score, c] : by) out.push_back({score, c.positives, c.negatives});
  return out;
}

struct picture {
  cv::Mat values, truth, scope;
};
/// levels: distinct values, 0 for as many as there are.
picture make(cv::Size size, std::uint64_t seed, int levels) {
  picture p{cv::Mat(size, CV_32F), cv::Mat(size, CV_8U), cv::Mat(size, CV_8U)};
  cv::RNG r(seed);
  r.fill(p.values, cv::RNG::NORMAL, 0, 3);
  if (levels)
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        float& v = p.values.at<float>(y, x);
        v = std::round(v * float(levels)) / float(levels);
      }
  r.fill(p.truth, cv::RNG::UNIFORM, 0, 2);
  r.fill(p.scope, cv::RNG::UNIFORM, 0, 4);
  return p;
}
}  // namespace

TEST_CASE("four pixels of three values, on paper") {
  const cv::Mat v = (cv::Mat_<float>(1, 4) << 0.25F, -1, 0.25F, 7);
  const cv::Mat t = (cv::Mat_<uchar>(1, 4) << 1, 0, 0, 255);
  CHECK(same(count_pixels(v, t), {{7, 1, 0}, {0.25, 1, 1}, {-1, 0, 1}}));
}

TEST_CASE("0 and -0 are one value; the extremes of floats keep their places") {
  const cv::Mat v =
      (cv::Mat_<float>(1, 6) << -0.0F, 0.0F, std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest(),
       std::numeric_limits<float>::denorm_min(), -std::numeric_limits<float>::denorm_min());
  const score_counts c = count_pixels(v, cv::Mat(1, 6, CV_8U, cv::Scalar(1)));
  REQUIRE(c.size() == 5);
  CHECK(c[2].score == 0);
  CHECK(!std::signbit(c[2].score));
  CHECK(c[2].positives == 2);
  CHECK(c[0].score == double(std::numeric_limits<float>::max()));
  CHECK(c[4].score == double(std::numeric_limits<float>::lowest()));
  CHECK(c[1].score == double(std::numeric_limits<float>::denorm_min()));
}

TEST_CASE("counting equals a sorted map, for few and many values, whatever is held in hand at a time") {
  int cases = 0;
  for (int levels : {1, 5, 100, 0})
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      const picture p = make({61, 37}, seed, levels);
      const score_counts want = slow_counts(p.values, p.truth, p.scope);
      for (std::int64_t in_hand : {std::int64_t{1} << 24, std::int64_t{500}, std::int64_t{20}, std::int64_t{1}}) {
        CHECK(same(count_pixels(p.values, p.truth, p.scope, in_hand), want));
        ++cases;
      }
      CHECK(same(count_pixels(p.values, p.truth), slow_counts(p.values, p.truth, {})));
    }
  CHECK(cases == 64);
}

TEST_CASE("NaN fails inside the scope, naming its place, and does not matter outside") {
  picture p = make({10, 8}, 3, 0);
  p.scope.setTo(1);
  p.values.at<float>(5, 7) = std::nanf("");
  CHECK_THROWS_WITH_AS(count_pixels(p.values, p.truth, p.scope),
                       "the map is not finite at column 7, row 5, inside what is scored", error);
  p.scope.at<uchar>(5, 7) = 0;
  CHECK(count_pixels(p.values, p.truth, p.scope).size() == 79);
  p.values.at<float>(0, 0) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(count_pixels(p.values, p.truth, p.scope), error);
}

TEST_CASE("an empty scope has no values") {
  const picture p = make({10, 8}, 3, 0);
  CHECK(count_pixels(p.values, p.truth, cv::Mat::zeros(8, 10, CV_8U)).empty());
}

TEST_CASE("the oracle's threshold is the best of all that can be tried, the highest among equals") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const picture p = make({23, 19}, seed, 3);
    const score_counts counts = count_pixels(p.values, p.truth);
    const auto best = find_best_dice(counts);
    REQUIRE(best);
    double most = -1, at = 0;
    for (const score_count& c : counts) {
      const double d = *dice(count_confusion(reach_threshold(p.values, c.score), p.truth));
      if (d > most) most = d, at = c.score;
    }
    CHECK(best->threshold == at);
    CHECK(*dice(best->table) == most);
    CHECK(best->table == count_confusion(reach_threshold(p.values, at), p.truth));
  }
}

TEST_CASE("without a positive pixel there is no oracle") {
  CHECK(!find_best_dice({{0.5, 0, 3}, {0.25, 0, 1}}));
  CHECK(!find_best_dice({}));
}
