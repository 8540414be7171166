// SPDX-License-Identifier: Apache-2.0
// Numbers in NumPy's .npy (C order, little endian): maps, features, and pictures where disk is the limit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/io/atomic_file.hpp"

namespace medvision {

class input_file;

/// What the header says. depth: CV_8U, CV_16U, CV_32F or CV_64F.
struct tensor_info {
  std::vector<int> shape;
  int depth = 0;
  std::size_t data_offset = 0;
};

/// Header only (format 1.0 to 3.0), read by a small grammar, never evaluated. Throws E_MISSING, E_EMPTY, E_FORMAT
/// (object or other type, Fortran order, big endian, a header over 64 kB), E_DECODE (no axis, an axis not positive, a
/// shape too large for a cv::Mat), E_TRUNCATED (data shorter than the shape), E_TOO_LARGE beyond max_bytes.
tensor_info probe_tensor(const std::string& path, std::int64_t max_bytes = std::int64_t{2} << 30);

/// A dense cv::Mat of the file's shape (n-dimensional, one channel; 2-D stays 2-D, 1-D becomes N×1) and type.
cv::Mat read_tensor(const std::string& path, std::int64_t max_bytes = std::int64_t{2} << 30);

/// As read_tensor, values converted to 32F. Throws E_NONFINITE when `finite` and a value is not.
cv::Mat read_floats(const std::string& path, bool finite = true, std::int64_t max_bytes = std::int64_t{2} << 30);

/// The C×H×W cells of a map, of the shape its record states. finite: as in read_floats. Throws as it, and E_SHAPE.
cv::Mat read_map(const std::string& path, const std::array<int, 3>& shape, bool finite = true,
                 std::int64_t max_bytes = std::int64_t{2} << 30);

/// Any dense cv::Mat, 8U, 16U, 32F or 64F; channels become the last axis. Written as atomic_file does. Throws
/// E_UNSUPPORTED (another type, no values) and E_WRITE (environment).
void write_tensor(const std::string& path, const cv::Mat& values);

/// A tensor written in pieces, in the order of its values, for what is too large to hold. Appears as atomic_file does.
class tensor_writer {
 public:
  tensor_writer(const std::string& path, const std::vector<int>& shape, int depth);
  /// Appends values of the depth: n-dimensional, one channel. Throws E_SHAPE (another depth, more than the shape has).
  void write(const cv::Mat& values);
  /// Throws E_SHAPE when values are missing.
  void commit();

 private:
  atomic_file file_;
  int depth_;
  std::size_t left_;
};

/// Reading as above on an open file, for those who already looked at its first bytes; sentences do not name the path.
tensor_info probe_tensor(input_file& file, std::int64_t max_bytes);
cv::Mat read_tensor(input_file& file, std::int64_t max_bytes);
/// The header as write_tensor writes it, a multiple of 64 bytes long.
std::string tensor_header(const std::vector<int>& shape, int depth);

}  // namespace medvision
