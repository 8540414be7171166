// SPDX-License-Identifier: Apache-2.0
// .npy by NumPy's format description (numpy/lib/format.py): magic, version, header length, a Python dictionary of
// three fixed keys, then the values.
#include "medvision/io/tensor_file.hpp"

#include <fmt/ranges.h>

#include <bit>
#include <climits>
#include <cmath>
#include <cstring>
#include <opencv2/core.hpp>
#include <optional>

#include "medvision/error.hpp"
#include "medvision/io/atomic_file.hpp"
#include "medvision/io/input_file.hpp"

namespace medvision {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they lie in memory");

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = 65536;
constexpr std::size_t most_axes = 32;  // what a cv::Mat can have

[[noreturn]] void no_tensor(std::string_view why) { throw error("E_FORMAT", fmt::format("no .npy header: {}", why)); }

/// The dictionary's text, eaten from the left.
struct header_text {
  std::string_view rest;

  void skip_blanks() {
    while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\n' || rest[0] == '\t')) rest.remove_prefix(1);
  }
  bool accept(std::string_view token) {
    skip_blanks();
    if (!rest.starts_with(token)) return false;
    rest.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) no_tensor(fmt::format("expected '{}', met '{}'", token, rest.substr(0, 12)));
  }
  std::string_view quoted() {
    skip_blanks();
    const char quote = rest.empty() ? '\0' : rest[0];
    const std::size_t end = quote == '\'' || quote == '"' ? rest.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) no_tensor("expected a quoted text");
    const std::string_view text = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return text;
  }
  int axis() {
    skip_blanks();
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
      value = value * 10 + (rest[digits] - '0');
      if (value > INT_MAX) throw error("E_DECODE", "an axis is longer than 2147483647");
    }
    if (digits == 0 || value == 0) {
      throw error("E_DECODE", fmt::format("an axis is '{}', expected a positive whole number", rest.substr(0, 12)));
    }
    rest.remove_prefix(digits);
    return int(value);
  }
};

int depth_of(std::string_view descr) {
  if (descr == "|u1" || descr == "<u1" || descr == "u1") return CV_8U;
  if (descr == "<u2") return CV_16U;
  if (descr == "<f4") return CV_32F;
  if (descr == "<f8") return CV_64F;
  throw error("E_FORMAT", fmt::format("values of type '{}', expected |u1, <u2, <f4 or <f8", descr.substr(0, 40)));
}

std::vector<int> read_shape(header_text& text) {
  std::vector<int> shape;
  text.expect("(");
  while (!text.accept(")")) {
    shape.push_back(text.axis());
    if (!text.accept(",")) {
      text.expect(")");
      break;
    }
  }
  if (shape.empty() || shape.size() > most_axes) {
    throw error("E_DECODE", fmt::format("{} axes, expected 1 to {}", shape.size(), most_axes));
  }
  return shape;
}

tensor_info read_dictionary(std::string_view dictionary) {
  header_text text{dictionary};
  std::optional<int> depth;
  std::vector<int> shape;
  bool order_seen = false;
  text.expect("{");
  while (!text.accept("}")) {
    const std::string_view key = text.quoted();
    text.expect(":");
    if (key == "descr" && !depth) {
      if (text.accept("[")) throw error("E_FORMAT", "values are structures, expected plain numbers");
      depth = depth_of(text.quoted());
    } else if (key == "fortran_order" && !order_seen) {
      if (text.accept("True")) throw error("E_FORMAT", "Fortran order, expected C order");
      text.expect("False");
      order_seen = true;
    } else if (key == "shape" && shape.empty()) {
      shape = read_shape(text);
    } else {
      no_tensor(fmt::format("unexpected key '{}'", key.substr(0, 40)));
    }
    if (!text.accept(",")) {
      text.expect("}");
      break;
    }
  }
  text.skip_blanks();
  if (!depth || !order_seen || shape.empty() || !text.rest.empty()) no_tensor("a key is missing or text follows");
  return {std::move(shape), *depth, 0};
}

/// Bytes the values take; refuses what no memory could hold before it can overflow.
std::int64_t data_bytes(const tensor_info& info) {
  std::int64_t bytes = CV_ELEM_SIZE1(info.depth);
  for (const int axis : info.shape) {
    if (bytes > (std::int64_t{1} << 46) / axis) throw error("E_DECODE", "the shape is larger than 64 TiB");
    bytes *= axis;
  }
  return bytes;
}

template <class T>
bool all_finite(const cv::Mat& values) {
  const T* v = values.ptr<T>();
  const std::size_t n = values.total();
  bool finite = true;
  for (std::size_t i = 0; i < n; ++i) finite &= std::isfinite(v[i]);
  return finite;
}

template <class F>
auto naming(const std::string& path, F&& work) {
  input_file file(path);
  try {
    return work(file);
  } catch (const error& e) {
    throw error(e.code(), fmt::format("{}: {}", path, e.what()), e.who());
  }
}

}  // namespace

tensor_info probe_tensor(input_file& file, std::int64_t max_bytes) {
  if (file.size() == 0) throw error("E_EMPTY", "the file is empty");
  unsigned char start[12] = {};
  const std::size_t got = file.read(start, sizeof start);
  if (got < magic.size() || std::memcmp(start, magic.data(), magic.size()) != 0) no_tensor("the first bytes differ");
  if (got < sizeof start) throw error("E_TRUNCATED", "cut within the header");
  const int version = start[6];
  if (version < 1 || version > 3) no_tensor(fmt::format("version {}, expected 1 to 3", version));
  std::size_t length = start[8] | std::size_t(start[9]) << 8, begin = 10;
  if (version > 1) length |= std::size_t(start[10]) << 16 | std::size_t(start[11]) << 24, begin = 12;
  if (length > longest_header) no_tensor(fmt::format("{} bytes long, expected at most {}", length, longest_header));
  std::string dictionary(length, '\0');
  file.seek(begin);
  if (file.read(dictionary.data(), length) < length) throw error("E_TRUNCATED", "cut within the header");
  tensor_info info = read_dictionary(dictionary);
  info.data_offset = begin + length;
  const std::int64_t bytes = data_bytes(info);
  if (bytes > max_bytes) {
    throw error("E_TOO_LARGE", fmt::format("shape ({}) needs {} bytes, more than the {} allowed; --max-bytes raises it",
                                           fmt::join(info.shape, ", "), bytes, max_bytes));
  }
  const auto held = std::int64_t(file.size() - info.data_offset);
  if (held < bytes) {
    throw error("E_TRUNCATED",
                fmt::format("shape ({}) needs {} bytes, the file holds {}", fmt::join(info.shape, ", "), bytes, held));
  }
  if (held > bytes) {
    throw error("E_DECODE",
                fmt::format("shape ({}) needs {} bytes, the file holds {}", fmt::join(info.shape, ", "), bytes, held));
  }
  return info;
}

cv::Mat read_tensor(input_file& file, std::int64_t max_bytes) {
  const tensor_info info = probe_tensor(file, max_bytes);
  cv::Mat values(int(info.shape.size()), info.shape.data(), info.depth);
  file.seek(info.data_offset);
  const std::size_t bytes = values.total() * values.elemSize();
  if (file.read(values.data, bytes) < bytes) throw error("E_TRUNCATED", "the file became shorter while it was read");
  return values;
}

tensor_info probe_tensor(const std::string& path, std::int64_t max_bytes) {
  return naming(path, [&](input_file& file) { return probe_tensor(file, max_bytes); });
}

cv::Mat read_tensor(const std::string& path, std::int64_t max_bytes) {
  return naming(path, [&](input_file& file) { return read_tensor(file, max_bytes); });
}

cv::Mat read_floats(const std::string& path, bool finite, std::int64_t max_bytes) {
  cv::Mat values = read_tensor(path, max_bytes);
  if (values.depth() != CV_32F) values.convertTo(values, CV_32F);
  if (finite && !all_finite<float>(values)) {
    throw error("E_NONFINITE", fmt::format("{}: holds NaN or infinity, expected finite numbers", path));
  }
  return values;
}

std::string tensor_header(const std::vector<int>& shape, int depth) {
  const char* descr = depth == CV_8U ? "|u1" : depth == CV_16U ? "<u2" : depth == CV_32F ? "<f4" : "<f8";
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", descr,
                                 fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  text.append(63 - (magic.size() + 4 + text.size()) % 64, ' ').push_back('\n');
  std::string header(magic);
  header += {'\x01', '\x00', char(text.size() & 255), char(text.size() >> 8)};
  return header + text;
}

cv::Mat read_map(const std::string& path, const std::array<int, 3>& shape, bool finite, std::int64_t max_bytes) {
  const cv::Mat cells = read_floats(path, finite, max_bytes);
  const std::vector<int> met(cells.size.p, cells.size.p + cells.dims);
  if (!std::equal(met.begin(), met.end(), shape.begin(), shape.end()))
    throw error("E_SHAPE", fmt::format("{} holds {} values, the record says {}", path, fmt::join(met, "x"),
                                       fmt::join(shape, "x")));
  return cells;
}

void write_tensor(const std::string& path, const cv::Mat& values) {
  const int depth = values.depth();
  if (values.empty() || (depth != CV_8U && depth != CV_16U && depth != CV_32F && depth != CV_64F)) {
    throw error("E_UNSUPPORTED", fmt::format("{}: expected values of 8U, 16U, 32F or 64F", path));
  }
  std::vector<int> shape(values.size.p, values.size.p + values.dims);
  if (values.channels() > 1) shape.push_back(values.channels());
  atomic_file file(path);
  file.write(tensor_header(shape, depth));
  if (values.isContinuous()) {
    file.write(values.data, values.total() * values.elemSize());
  } else if (values.dims == 2) {
    for (int y = 0; y < values.rows; ++y) file.write(values.ptr(y), std::size_t(values.cols) * values.elemSize());
  } else {
    const cv::Mat dense = values.clone();
    file.write(dense.data, dense.total() * dense.elemSize());
  }
  file.commit();
}

tensor_writer::tensor_writer(const std::string& path, const std::vector<int>& shape, int depth)
    : file_(path), depth_(depth), left_(1) {
  for (const int axis : shape) left_ *= std::size_t(axis);
  file_.write(tensor_header(shape, depth));
}

void tensor_writer::write(const cv::Mat& values) {
  if (values.depth() != depth_ || values.channels() != 1 || values.total() > left_)
    throw error("E_SHAPE", fmt::format("{} values of {} for a tensor of {} with {} to come", values.total(),
                                       cv::typeToString(values.type()), cv::typeToString(depth_), left_));
  const cv::Mat dense = values.isContinuous() ? values : values.clone();
  file_.write(dense.data, dense.total() * dense.elemSize());
  left_ -= dense.total();
}

void tensor_writer::commit() {
  if (left_ != 0) throw error("E_SHAPE", fmt::format("{} values of the tensor were not written", left_));
  file_.commit();
}

}  // namespace medvision
