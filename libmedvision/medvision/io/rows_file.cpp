// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/rows_file.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/io/input_file.hpp"
#include "medvision/io/tensor_file.hpp"

namespace medvision {

void write_rows(const std::string& path, std::span<const number_row> rows) {
  cv::Mat table(int(std::max<std::size_t>(rows.size(), 1)), 3, CV_64F, cv::Scalar(0));
  std::copy_n(rows.empty() ? table.ptr<double>() : rows.front().data(), 3 * rows.size(), table.ptr<double>());
  write_tensor(path, table);
}

rows_reader::rows_reader(std::string path, std::size_t buffer_rows)
    : path_(std::move(path)), buffer_rows_(std::max<std::size_t>(buffer_rows, 1)) {
  const tensor_info info = probe_tensor(path_, std::int64_t{1} << 40);
  if (info.shape.size() != 2 || info.shape[1] != 3 || info.depth != CV_64F)
    throw error("E_SHAPE", fmt::format("{} holds {} of {}; rows of 3 doubles are expected", path_,
                                       fmt::join(info.shape, "x"), cv::typeToString(info.depth)));
  offset_ = info.data_offset;
  rows_ = std::size_t(info.shape[0]);
}

std::optional<number_row> rows_reader::next() {
  if (at_ == buffer_.size()) {
    if (read_ == rows_) return std::nullopt;
    buffer_.resize(std::min(buffer_rows_, rows_ - read_));
    input_file file(path_);
    file.seek(offset_ + read_ * sizeof(number_row));
    const std::size_t bytes = buffer_.size() * sizeof(number_row);
    if (file.read(buffer_.data(), bytes) != bytes)
      throw error("E_TRUNCATED", fmt::format("{} ends before its {} rows", path_, rows_));
    read_ += buffer_.size();
    at_ = 0;
  }
  const number_row row = buffer_[at_++];
  if (!std::isfinite(row[0]) || !std::isfinite(row[1]) || !std::isfinite(row[2]))
    throw error("E_NONFINITE",
                fmt::format("row {} of {} is [{}]", read_ - buffer_.size() + at_ - 1, path_, fmt::join(row, ", ")));
  return row;
}

std::vector<std::function<std::optional<number_row>()>> open_rows(const std::vector<std::string>& paths,
                                                                  std::size_t rows) {
  std::vector<std::function<std::optional<number_row>()>> readers;
  for (const std::string& path : paths) {
    auto reader = std::make_shared<rows_reader>(path, std::max<std::size_t>(16, rows / paths.size()));
    readers.emplace_back([reader] { return reader->next(); });
  }
  return readers;
}

}  // namespace medvision
