// SPDX-License-Identifier: Apache-2.0
// Numbers in NumPy's .npy (format 1.0, C order, little endian): maps, features, and pictures where disk is the limit.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

namespace medvision {

/// What the header says. depth: CV_8U, CV_16U, CV_32F or CV_64F.
struct tensor_info {
  std::vector<int> shape;
  int depth = 0;
  std::size_t data_offset = 0;
};

/// Header only, read by a small grammar, never evaluated. Throws E_MISSING, E_EMPTY, E_FORMAT (object type, Fortran
/// order, big endian, a header over 64 kB), E_DECODE (shape negative or too large), E_TRUNCATED (data shorter than the
/// shape), E_TOO_LARGE beyond max_bytes.
tensor_info probe_tensor(const std::string& path, std::int64_t max_bytes = std::int64_t{2} << 30);

/// A dense cv::Mat of the file's shape (n-dimensional, one channel; 2-D stays 2-D) and type.
cv::Mat read_tensor(const std::string& path, std::int64_t max_bytes = std::int64_t{2} << 30);

/// As read_tensor, values converted to 32F. Throws E_NONFINITE when `finite` and a value is not.
cv::Mat read_floats(const std::string& path, bool finite = true, std::int64_t max_bytes = std::int64_t{2} << 30);

/// Any dense cv::Mat, 8U, 16U, 32F or 64F; channels become the last axis. Written as atomic_file does.
void write_tensor(const std::string& path, const cv::Mat& values);

}  // namespace medvision
