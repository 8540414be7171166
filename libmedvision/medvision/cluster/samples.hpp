// SPDX-License-Identifier: Apache-2.0
// Vectors gathered case by case, to be looked at together.
#pragma once

#include <map>
#include <opencv2/core/mat.hpp>
#include <string>
#include <unordered_map>
#include <vector>

namespace medvision {

/// Vectors of one length, each case with as many as it has.
class samples {
 public:
  /// most: how many vectors it takes, 1 or more.
  explicit samples(int most) : most_(most) {}

  /// Those of one more case, behind the others; all or none.
  ///   name     of the case, met once
  ///   vectors  by their index in the case; any shapes, 32F; each taken as one row
  ///   throws   E_SHAPE for another type or other than the first vector's number of values, E_NONFINITE; E_LIMIT
  ///            (request) when that were more than `most`, with the memory that their pairs would take
  void add(const std::string& name, const std::map<int, cv::Mat>& vectors);

  /// N×D, 32F; empty for none.
  [[nodiscard]] const cv::Mat& rows() const { return rows_; }
  /// The rows of a case that was added, by index.
  [[nodiscard]] std::map<int, int> rows_of(const std::string& name) const;

  struct owner {
    std::string name;
    int index = 0;  ///< in its case
  };
  [[nodiscard]] const owner& owner_of(int row) const { return owners_.at(std::size_t(row)); }

 private:
  int most_;
  cv::Mat rows_;
  std::vector<owner> owners_;  // of each row
  std::unordered_map<std::string, int> first_;
};

}  // namespace medvision
