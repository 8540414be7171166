// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/tensor_items.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/io/tensor_file.hpp"

namespace medvision {

cv::Mat read_item(const std::string& path, const std::vector<int>& shape, int index, std::int64_t max_bytes) {
  const std::vector<int> met = probe_tensor(path, max_bytes).shape;
  const std::size_t skipped = index < 0 ? 0 : 1;
  if (!std::equal(met.begin() + std::ptrdiff_t(skipped), met.end(), shape.begin(), shape.end()) ||
      (index >= 0 && index >= met.front()))
    throw error("E_SHAPE", fmt::format("{} holds {}, the record says {}{}", path, fmt::join(met, "x"),
                                       index < 0 ? "" : fmt::format("item {} of Nx", index), fmt::join(shape, "x")));
  const cv::Mat all = read_floats(path, true, max_bytes);
  if (index < 0) return all;
  cv::Mat item(int(shape.size()), shape.data(), CV_32F);
  std::copy_n(all.ptr<float>() + std::size_t(index) * item.total(), item.total(), item.ptr<float>());
  return item;
}

}  // namespace medvision
