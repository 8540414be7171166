// SPDX-License-Identifier: Apache-2.0
// Sums of many numbers whose error does not grow with how many there are.
#pragma once

#include <cmath>

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

}  // namespace medvision
