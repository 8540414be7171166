// SPDX-License-Identifier: Apache-2.0
// Mirrors and quarter turns there and back.
#include "medvision/infer/symmetry.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
double apart(const cv::Mat& a, const cv::Mat_<float>& b) { return cv::norm(a, b, cv::NORM_INF); }
cv::Mat counted(int rows, int columns) {
  cv::Mat m(rows, columns, CV_32F);
  for (int i = 0; i < rows * columns; ++i) m.ptr<float>()[i] = float(i);
  return m;
}
cv::Mat as_map(const cv::Mat& m) {
  const int shape[] = {1, m.rows, m.cols};
  return m.clone().reshape(1, 3, shape);
}
}  // namespace

TEST_CASE("on paper: 1 2 3 over 4 5 6, mirrored and turned") {
  const cv::Mat m = (cv::Mat_<float>(2, 3) << 1, 2, 3, 4, 5, 6);
  CHECK(apart(apply({true, 0}, m), (cv::Mat_<float>(2, 3) << 3, 2, 1, 6, 5, 4)) == 0);
  CHECK(apart(apply({false, 1}, m), (cv::Mat_<float>(3, 2) << 4, 1, 5, 2, 6, 3)) == 0);
  CHECK(apart(apply({true, 2}, m), (cv::Mat_<float>(2, 3) << 4, 5, 6, 1, 2, 3)) == 0);
}

TEST_CASE("property: every symmetry comes back to the bit, for every shape") {
  for (const symmetry& s : symmetries_named("dihedral"))
    for (const auto& [rows, columns] : {std::pair{1, 1}, {1, 7}, {5, 1}, {4, 6}, {9, 5}}) {
      const cv::Mat m = counted(rows, columns);
      const cv::Mat back = undo(s, as_map(apply(s, m)));
      REQUIRE(back.dims == 3);
      REQUIRE(back.size[1] == rows);
      REQUIRE(back.size[2] == columns);
      CHECK(std::equal(m.ptr<float>(), m.ptr<float>() + m.total(), back.ptr<float>()));
    }
}

TEST_CASE("the eight differ from each other, the four flips keep the shape, the identity leads") {
  const auto all = symmetries_named("dihedral");
  REQUIRE(all.size() == 8);
  const cv::Mat m = counted(3, 3);
  for (std::size_t a = 0; a < 8; ++a)
    for (std::size_t b = 0; b < a; ++b) CHECK(cv::norm(apply(all[a], m), apply(all[b], m), cv::NORM_INF) > 0);
  for (const symmetry& s : symmetries_named("flips")) CHECK(apply(s, counted(2, 5)).size() == cv::Size(5, 2));
  for (const char* name : {"none", "flips", "dihedral"}) CHECK(symmetries_named(name)[0] == symmetry{});
  CHECK_THROWS_AS(symmetries_named("all"), error);
}
