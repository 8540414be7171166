// SPDX-License-Identifier: Apache-2.0
#include "medvision/cluster/samples.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

cv::Mat row_of(const std::string& name, const cv::Mat& values) {
  if (values.empty() || values.type() != CV_32F)
    throw error("E_SHAPE", fmt::format("the features of '{}' are no 32-bit numbers", name));
  cv::Mat row = (values.isContinuous() ? values : values.clone()).reshape(1, 1);
  if (!cv::checkRange(row)) throw error("E_NONFINITE", fmt::format("the features of '{}' hold NaN or infinity", name));
  return row;
}

}  // namespace

void samples::add(const std::string& name, const std::map<int, cv::Mat>& vectors) {
  cv::Mat rows;
  std::vector<owner> owners;
  for (const auto& [index, values] : vectors) {
    const cv::Mat row = row_of(name, values);
    const cv::Mat& first = rows_.empty() ? rows : rows_;
    if (!first.empty() && row.cols != first.cols)
      throw error("E_SHAPE", fmt::format("the features of '{}' are {} numbers, those of '{}' {}", name, row.cols,
                                         owners_.empty() ? name : owners_.front().name, first.cols));
    rows.push_back(row);
    owners.push_back({name, index});
  }
  if (std::int64_t(owners_.size() + owners.size()) > most_)
    throw error("E_LIMIT",
                fmt::format("there are more than {} vectors, and every pair of them is held, {:.1f} GiB for so many; "
                            "--max-cases allows more",
                            most_, 24.0 * most_ * most_ / (1 << 30)),
                blame::request);
  first_.emplace(name, int(owners_.size()));
  if (!rows.empty()) rows_.push_back(rows);
  owners_.insert(owners_.end(), owners.begin(), owners.end());
}

std::map<int, int> samples::rows_of(const std::string& name) const {
  std::map<int, int> rows;
  for (int row = first_.at(name); row < rows_.rows && owner_of(row).name == name; ++row)
    rows.emplace(owner_of(row).index, row);
  return rows;
}

}  // namespace medvision
