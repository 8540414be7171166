// SPDX-License-Identifier: Apache-2.0
#include "medvision/cluster/affinity_propagation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <set>

#include "error_code.hpp"

using namespace medvision;

namespace {
cv::Mat column(std::initializer_list<float> values) { return cv::Mat(std::vector<float>(values)).clone(); }

/// Groups around `centres`, each of `members` points less than 1 away, in D dimensions.
cv::Mat blobs(int centres, int members, int dimensions) {
  cv::RNG random(7);
  cv::Mat points(centres * members, dimensions, CV_32F);
  for (int i = 0; i < points.rows; ++i)
    for (int d = 0; d < dimensions; ++d) points.at<float>(i, d) = float(i % centres * 50 + random.uniform(-0.5, 0.5));
  return points;
}

/// What all messages strive for: how well each vector is spoken for, and what the exemplars cost.
double net_similarity(const cv::Mat& x, const clustering& c, double preference) {
  double sum = preference * double(c.exemplars.size());
  for (int i = 0; i < x.rows; ++i) {
    const double d = cv::norm(x.row(i), x.row(c.exemplars[std::size_t(c.cluster[std::size_t(i)])]));
    sum -= d * d;
  }
  return sum;
}
}  // namespace

TEST_CASE("two pairs far apart are two clusters") {
  affinity_parameters p;
  p.preference = -50;  // between -1 within a pair and -10000 across
  const auto c = affinity_propagation(column({0, 1, 100, 101}), p);
  CHECK(c.cluster == std::vector<int>{0, 0, 1, 1});
  CHECK(c.converged);
  CHECK(c.exemplars.size() == 2);
  CHECK(c.exemplars[0] <= 1);
  CHECK(c.exemplars[1] >= 2);
}

TEST_CASE("the exemplar is the one in the middle") {
  const auto c = affinity_propagation(column({1, 0, 2, 101, 102, 100}));
  CHECK(c.cluster == std::vector<int>{0, 0, 0, 1, 1, 1});
  CHECK(c.exemplars == std::vector<int>{0, 3});
}

TEST_CASE("one vector is a cluster") {
  const auto c = affinity_propagation(column({3}));
  CHECK(c.cluster == std::vector<int>{0});
  CHECK(c.exemplars == std::vector<int>{0});
  CHECK(c.iterations == 0);
}

TEST_CASE("where all are as far from one another, the preference decides") {
  // Equal vectors: every similarity is 0, and so is the median.
  CHECK(affinity_propagation(column({5, 5, 5})).cluster == std::vector<int>{0, 1, 2});
  affinity_parameters p;
  p.preference = -1;
  const auto one = affinity_propagation(column({5, 5, 5}), p);
  CHECK(one.cluster == std::vector<int>{0, 0, 0});
  CHECK(one.exemplars == std::vector<int>{0});
  // Two vectors 3 apart: similarity -9, median of (0, -9, -9, 0) is -4.5.
  CHECK(affinity_propagation(column({0, 3})).exemplars.size() == 2);
  p.preference = -9.5;
  CHECK(affinity_propagation(column({0, 3}), p).exemplars.size() == 1);
}

TEST_CASE("blobs are found, each by its own exemplar, in the order of their exemplars") {
  affinity_parameters p;
  p.preference = -50;
  const cv::Mat x = blobs(4, 9, 3);
  const auto c = affinity_propagation(x, p);
  CHECK(c.converged);
  REQUIRE(c.exemplars.size() == 4);
  CHECK(std::is_sorted(c.exemplars.begin(), c.exemplars.end()));
  for (int i = 0; i < x.rows; ++i) {
    const int exemplar = c.exemplars[std::size_t(c.cluster[std::size_t(i)])];
    CHECK(exemplar % 4 == i % 4);
  }
  for (int k = 0; k < 4; ++k) CHECK(c.cluster[std::size_t(c.exemplars[std::size_t(k)])] == k);
}

TEST_CASE("no other choice of exemplars is better, of few vectors") {
  cv::RNG random(3);
  for (int round = 0; round < 20; ++round) {
    cv::Mat x(7, 2, CV_32F);
    random.fill(x, cv::RNG::UNIFORM, 0, 10);
    affinity_parameters p;
    p.preference = -12, p.damping = 0.9, p.iterations = 2000, p.convergence = 100;
    const auto met = affinity_propagation(x, p);
    double best = -1e300;
    for (int chosen = 1; chosen < 1 << x.rows; ++chosen) {
      clustering other;
      for (int k = 0; k < x.rows; ++k)
        if (chosen >> k & 1) other.exemplars.push_back(k);
      for (int i = 0; i < x.rows; ++i) {
        int at = 0;
        for (int k = 1; k < int(other.exemplars.size()); ++k)
          if (cv::norm(x.row(i), x.row(other.exemplars[std::size_t(k)])) <
              cv::norm(x.row(i), x.row(other.exemplars[std::size_t(at)])))
            at = k;
        other.cluster.push_back(at);
      }
      best = std::max(best, net_similarity(x, other, *p.preference));
    }
    CHECK(net_similarity(x, met, *p.preference) >= best - 0.1 * std::abs(best));  // messages are no proof of the best
  }
}

TEST_CASE("a higher preference gives no fewer clusters") {
  const cv::Mat x = blobs(3, 6, 2);
  std::size_t before = 0;
  for (const double preference : {-3e4, -100.0, -1e-4}) {
    affinity_parameters p;
    p.preference = preference, p.damping = 0.8, p.iterations = 1000;
    const auto c = affinity_propagation(x, p);
    CHECK(c.exemplars.size() >= before);
    before = c.exemplars.size();
  }
  CHECK(before == 18);
}

TEST_CASE("what has not settled says so") {
  affinity_parameters p;
  p.iterations = 10;  // fewer than the 15 without a change that are asked for
  const auto c = affinity_propagation(column({0, 1, 2, 50, 51, 52.5}), p);
  CHECK_FALSE(c.converged);
  CHECK(c.iterations == 10);
  p.iterations = 1;
  CHECK(code_of([&] { affinity_propagation(column({0, 1, 2, 50, 51, 52.5}), p); }) == "E_CLUSTER");
}

TEST_CASE("features that drown the others are told of") {
  const auto near = affinity_propagation(column({0, 1, 2, 50, 51, 52.5}));
  CHECK(remarks_on(near).empty());
  CHECK(remarks_on(affinity_propagation(column({0, 1e-9F, 1, 50, 51, 52.5}))).empty());
  const auto far = affinity_propagation(column({0, 1, 2, 50, 51, 3e12F}));
  REQUIRE(remarks_on(far).size() == 1);
  CHECK(remarks_on(far)[0].find("lost in rounding") != std::string::npos);
}

TEST_CASE("the result is the same whatever the number of threads, and from run to run") {
  cv::Mat x(300, 5, CV_32F);
  cv::RNG(11).fill(x, cv::RNG::UNIFORM, -1, 1);
  const int threads = cv::getNumThreads();
  cv::setNumThreads(1);
  const auto one = affinity_propagation(x);
  cv::setNumThreads(4);
  const auto many = affinity_propagation(x);
  cv::setNumThreads(threads);
  CHECK(one.cluster == many.cluster);
  CHECK(one.exemplars == many.exemplars);
  CHECK(one.iterations == many.iterations);
}

TEST_CASE("what cannot be clustered is refused") {
  const cv::Mat x = column({0, 1, 5});
  CHECK(code_of([&] { affinity_propagation(cv::Mat()); }) == "E_SHAPE");
  CHECK(code_of([&] { affinity_propagation(cv::Mat::zeros(2, 2, CV_64F)); }) == "E_SHAPE");
  CHECK(code_of([&] { affinity_propagation(column({0, NAN})); }) == "E_NONFINITE");
  for (const double damping : {0.4, 1.0, double(NAN)}) {
    affinity_parameters p;
    p.damping = damping;
    CHECK(code_of([&] { affinity_propagation(x, p); }) == "E_OPTION");
  }
  affinity_parameters p;
  p.iterations = 0;
  CHECK(code_of([&] { affinity_propagation(x, p); }) == "E_OPTION");
}
