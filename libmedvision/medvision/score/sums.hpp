// SPDX-License-Identifier: Apache-2.0
// Sums of many numbers whose error does not grow with how many there are.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace medvision {

/// Adds doubles and keeps what rounding took away. The sum of n numbers is off by about one rounding, for any n below
/// 10^15; it still depends on their order in the last bit, so sort them where the bits must be the same.
/// Source: Neumaier, Z. angew. Math. Mech. 54, 1974.
class long_sum {
 public:
  void add(double v) {
    const double sum = sum_ + v;
    rest_ += std::abs(sum_) >= std::abs(v) ? (sum_ - sum) + v : (v - sum) + sum_;
    sum_ = sum;
  }
  [[nodiscard]] double value() const { return sum_ + rest_; }

 private:
  double sum_ = 0, rest_ = 0;
};

/// The sum of numbers in any order: the same bits for each.
inline double sum_of_any_order(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  long_sum sum;
  for (const double v : values) sum.add(v);
  return sum.value();
}

}  // namespace medvision
