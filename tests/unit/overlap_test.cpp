// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/overlap.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <string>

#include "medvision/error.hpp"
#include "medvision/score/soft_dice.hpp"

using namespace medvision;

namespace {
const measure& named(const measures& all, const std::string& name) {
  for (const measure& m : all)
    if (m.name == name) return m;
  FAIL("no measure " << name);
  return all.front();
}
double value(const measures& all, const std::string& name) { return named(all, name).value.value(); }

cv::Mat random_mask(cv::Size size, std::uint64_t seed, int most) {
  cv::Mat m(size, CV_8U);
  cv::RNG(seed).fill(m, cv::RNG::UNIFORM, 0, most);
  return m;
}
}  // namespace

TEST_CASE("a table of 6, 2, 3 and 9 gives the scores worked out on paper") {
  const measures s = overlap_scores({6, 2, 3, 9});
  CHECK(value(s, "dice") == doctest::Approx(12.0 / 17).epsilon(1e-15));
  CHECK(value(s, "iou") == doctest::Approx(6.0 / 11).epsilon(1e-15));
  CHECK(value(s, "iom") == doctest::Approx(6.0 / 8).epsilon(1e-15));
  CHECK(value(s, "sensitivity") == doctest::Approx(6.0 / 9).epsilon(1e-15));
  CHECK(value(s, "specificity") == doctest::Approx(9.0 / 11).epsilon(1e-15));
  CHECK(value(s, "precision") == doctest::Approx(6.0 / 8).epsilon(1e-15));
  CHECK(value(s, "accuracy") == doctest::Approx(15.0 / 20).epsilon(1e-15));
  CHECK(value(s, "balanced_accuracy") == doctest::Approx((6.0 / 9 + 9.0 / 11) / 2).epsilon(1e-15));
  CHECK(value(s, "f1") == doctest::Approx(12.0 / 17).epsilon(1e-15));
  CHECK(value(s, "f2") == doctest::Approx(30.0 / (30 + 12 + 2)).epsilon(1e-15));
  CHECK(value(s, "f05") == doctest::Approx(7.5 / (7.5 + 0.75 + 2)).epsilon(1e-15));
  CHECK(value(s, "mcc") == doctest::Approx((54.0 - 6) / std::sqrt(8.0 * 9 * 11 * 12)).epsilon(1e-15));
  // Observed agreement 15/20, expected (8*9 + 12*11)/400.
  CHECK(value(s, "kappa") == doctest::Approx((0.75 - 0.51) / (1 - 0.51)).epsilon(1e-14));
  CHECK(value(s, "volume_similarity") == doctest::Approx(1 - 1.0 / 17).epsilon(1e-15));
}

TEST_CASE("two empty masks agree on nothing that can be counted") {
  const measures s = overlap_scores({0, 0, 0, 10});
  for (const char* name : {"dice", "iou", "iom", "sensitivity", "precision", "f1", "f2", "f05", "volume_similarity",
                           "mcc", "kappa", "balanced_accuracy"}) {
    CHECK_MESSAGE(!named(s, name).value, name);
    CHECK_MESSAGE(!named(s, name).why.empty(), name);
  }
  CHECK(named(s, "dice").why == "both masks are empty");
  CHECK(value(s, "specificity") == 1);
  CHECK(value(s, "accuracy") == 1);
}

TEST_CASE("an empty truth: Dice, IoU and precision are 0, sensitivity has no value") {
  const measures s = overlap_scores({0, 4, 0, 6});
  for (const char* name : {"dice", "iou", "precision", "f1", "f2", "f05", "volume_similarity"})
    CHECK_MESSAGE(value(s, name) == 0, name);
  CHECK(!named(s, "sensitivity").value);
  CHECK(named(s, "sensitivity").why == "the truth is empty");
  CHECK(named(s, "iom").why == "the truth is empty");
  CHECK(value(s, "kappa") == 0);
  CHECK(!named(s, "mcc").value);
}

TEST_CASE("an empty prediction: Dice and sensitivity are 0, precision has no value") {
  const measures s = overlap_scores({0, 0, 4, 6});
  CHECK(value(s, "dice") == 0);
  CHECK(value(s, "sensitivity") == 0);
  CHECK(named(s, "precision").why == "the prediction is empty");
  CHECK(named(s, "iom").why == "the prediction is empty");
}

TEST_CASE("masks that are all positive have no specificity and no kappa; a scope of nothing has no score at all") {
  const measures full = overlap_scores({10, 0, 0, 0});
  CHECK(value(full, "dice") == 1);
  CHECK(named(full, "specificity").why == "the truth has no negative pixel");
  CHECK(!named(full, "kappa").value);
  for (const measure& m : overlap_scores({}))
    if (m.name.size() > 2) CHECK_MESSAGE(!m.value, m.name);
  CHECK(named(overlap_scores({}), "accuracy").why == "no pixel is scored");
}

TEST_CASE("counts near 2^60 neither overflow nor lose the scores") {
  constexpr std::int64_t k = std::int64_t{1} << 58;
  const measures large = overlap_scores({3 * k, k, k, 3 * k}), small = overlap_scores({3, 1, 1, 3});
  for (const measure& m : small)
    if (m.name.size() > 2) CHECK_MESSAGE(value(large, m.name) == doctest::Approx(*m.value).epsilon(1e-14), m.name);
  CHECK(value(large, "mcc") == doctest::Approx(0.5).epsilon(1e-14));
}

TEST_CASE("counting equals a plain loop for every width around those of vectors, with and without a scope") {
  for (int width : {1, 2, 63, 64, 65, 127, 128, 200, 255 * 64 - 1, 255 * 64, 255 * 64 + 70, 2 * 255 * 64 + 3}) {
    const cv::Size size(width, width < 300 ? 5 : 2);
    const cv::Mat p = random_mask(size, 1, 3), t = random_mask(size, 2, 2), s = random_mask(size, 3, 4);
    for (const cv::Mat& scope : {cv::Mat(), s}) {
      confusion want;
      for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < width; ++x) {
          if (!scope.empty() && !scope.at<uchar>(y, x)) continue;
          const bool a = p.at<uchar>(y, x) != 0, b = t.at<uchar>(y, x) != 0;
          ++(a && b ? want.tp : a ? want.fp : b ? want.fn : want.tn);
        }
      CHECK(count_confusion(p, t, scope) == want);
    }
  }
}

TEST_CASE("prediction and truth changing places swap sensitivity with precision and leave Dice, IoU, IoM and kappa") {
  const cv::Mat p = random_mask({97, 31}, 5, 3), t = random_mask({97, 31}, 6, 2);
  const measures a = overlap_scores(count_confusion(p, t)), b = overlap_scores(count_confusion(t, p));
  for (const char* name : {"dice", "iou", "iom", "accuracy", "mcc", "kappa", "volume_similarity"})
    CHECK_MESSAGE(value(a, name) == doctest::Approx(value(b, name)).epsilon(1e-14), name);
  CHECK(value(a, "sensitivity") == value(b, "precision"));
}

TEST_CASE("a value of the map reaches the threshold that was written as the same decimal") {
  const cv::Mat v = (cv::Mat_<float>(1, 5) << 0.7F, 0.1F, 0.69999F, std::nanf(""), 1.0F);
  const cv::Mat r = reach_threshold(v, 0.7);
  CHECK(r.at<uchar>(0, 0) == 255);
  CHECK(r.at<uchar>(0, 1) == 0);
  CHECK(r.at<uchar>(0, 2) == 0);
  CHECK(r.at<uchar>(0, 3) == 0);
  CHECK(r.at<uchar>(0, 4) == 255);
  CHECK(reach_threshold(v, 0.1).at<uchar>(0, 1) == 255);
}

TEST_CASE("masks of other sizes or types are refused with what was met") {
  const cv::Mat a(4, 5, CV_8U, cv::Scalar(0)), b(5, 4, CV_8U, cv::Scalar(0)), f(4, 5, CV_32F, cv::Scalar(0));
  CHECK_THROWS_WITH_AS(count_confusion(a, b),
                       "masks of 8 bit and one size are compared; met 5x4 CV_8UC1, a truth of "
                       "4x5 CV_8UC1",
                       error);
  CHECK_THROWS_AS(count_confusion(a, a, b), error);
  CHECK_THROWS_AS(count_confusion(f, a), error);
  CHECK_THROWS_AS(reach_threshold(a, 0.5), error);
  CHECK_THROWS_AS(soft_dice(a, a), error);
}

TEST_CASE("soft Dice on paper: both forms, inside a scope") {
  const cv::Mat v = (cv::Mat_<float>(1, 4) << 0.5F, 1.0F, 0.25F, 1.0F);
  const cv::Mat t = (cv::Mat_<uchar>(1, 4) << 1, 1, 0, 0), s = (cv::Mat_<uchar>(1, 4) << 1, 1, 1, 0);
  const measures m = soft_dice(v, t, s);
  CHECK(value(m, "soft_dice") == doctest::Approx(3.0 / (1.75 + 2)).epsilon(1e-15));
  CHECK(value(m, "soft_dice_squared") == doctest::Approx(3.0 / (1.3125 + 2)).epsilon(1e-15));
}

TEST_CASE("soft Dice of a map of 0 and 1 is Dice; of nothing it has no value, nor of values outside 0 to 1") {
  cv::Mat p = random_mask({50, 40}, 7, 2), values;
  const cv::Mat t = random_mask({50, 40}, 8, 2);
  p.convertTo(values, CV_32F);
  const measures m = soft_dice(values, t);
  CHECK(value(m, "soft_dice") == doctest::Approx(*dice(count_confusion(p, t))).epsilon(1e-14));
  CHECK(value(m, "soft_dice_squared") == doctest::Approx(*dice(count_confusion(p, t))).epsilon(1e-14));
  CHECK(!soft_dice(cv::Mat::zeros(3, 3, CV_32F), cv::Mat::zeros(3, 3, CV_8U))[0].value);
  values.at<float>(0, 0) = 1.5F;
  CHECK(soft_dice(values, t)[1].why == "the map has values outside 0 to 1");
}
