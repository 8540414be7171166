// SPDX-License-Identifier: Apache-2.0
// Opening, size and the header of .npy files, as sentences.
#include "medvision/io/file_fault.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "medvision/error.hpp"
#include "medvision/io/input_file.hpp"
#include "medvision/io/tensor_file.hpp"

namespace medvision {
namespace {

std::vector<int> without_leading_ones(const std::vector<int>& shape) {
  return {std::find_if(shape.begin(), shape.end(), [](int n) { return n != 1; }), shape.end()};
}

}  // namespace

std::string file_fault(const std::string& path, const std::vector<int>& shape) {
  try {
    if (input_file(path).size() == 0) return fmt::format("{} is empty", path);
    if (!path.ends_with(".npy")) return "";
    const std::vector<int> met = probe_tensor(path).shape;
    if (!shape.empty() && without_leading_ones(met) != without_leading_ones(shape))
      return fmt::format("{} has {} values, the record says {}", path, fmt::join(met, "x"), fmt::join(shape, "x"));
  } catch (const error& e) {
    return e.what();
  }
  return "";
}

}  // namespace medvision
