// SPDX-License-Identifier: Apache-2.0
// Arrays come back as they were written; headers are parsed, never believed.
#include "medvision/io/tensor_file.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <limits>
#include <opencv2/core.hpp>
#include <random>
#include <string>
#include <vector>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "scratch_folder.hpp"

using namespace medvision;
using namespace std::literals;

namespace {

std::string npy(const std::string& dictionary, const std::string& data) {
  const std::size_t n = dictionary.size() + 1;
  return "\x93NUMPY\x01\0"s + char(n & 255) + char(n >> 8) + dictionary + "\n" + data;
}

cv::Mat sample_values(const std::vector<int>& shape, int depth) {
  cv::Mat values(int(shape.size()), shape.data(), depth);
  cv::RNG draw(7);
  draw.fill(values, cv::RNG::UNIFORM, 0, depth == CV_8U ? 256 : 60000);
  return values;
}

bool same_values(const cv::Mat& a, const cv::Mat& b) {
  return a.type() == b.type() && a.total() == b.total() && a.isContinuous() && b.isContinuous() &&
         std::equal(a.data, a.data + a.total() * a.elemSize(), b.data);
}

}  // namespace

TEST_CASE("arrays of every type and up to five axes come back") {
  const scratch_folder folder;
  const std::vector<std::vector<int>> shapes = {{1, 1}, {3, 5}, {2, 3, 4}, {1, 7, 1, 2}, {2, 1, 3, 1, 2}};
  for (const int depth : {CV_8U, CV_16U, CV_32F, CV_64F}) {
    for (const auto& shape : shapes) {
      const cv::Mat values = sample_values(shape, depth);
      write_tensor(folder.path("a.npy"), values);
      const tensor_info info = probe_tensor(folder.path("a.npy"));
      CHECK(info.shape == shape);
      CHECK(info.depth == depth);
      CHECK(info.data_offset % 64 == 0);
      CHECK(same_values(read_tensor(folder.path("a.npy")), values));
    }
  }
}

TEST_CASE("channels become the last axis and parts are written dense") {
  const scratch_folder folder;
  const cv::Mat whole = sample_values({10, 12}, CV_32F).reshape(3);
  const cv::Mat part = whole(cv::Rect(1, 2, 3, 5));
  write_tensor(folder.path("a.npy"), part);
  CHECK(probe_tensor(folder.path("a.npy")).shape == std::vector<int>{5, 3, 3});
  CHECK(same_values(read_tensor(folder.path("a.npy")), part.clone().reshape(1, std::vector<int>{5, 3, 3})));
  const cv::Mat cube = sample_values({4, 5, 6}, CV_16U);
  const cv::Range inner[] = {cv::Range(1, 3), cv::Range(2, 4), cv::Range(0, 5)};
  write_tensor(folder.path("b.npy"), cube(inner));
  CHECK(same_values(read_tensor(folder.path("b.npy")), cube(inner).clone()));
}

TEST_CASE("bytes on paper: what NumPy writes for [[1, 2], [3, 4]] in float32") {
  const scratch_folder folder;
  write_tensor(folder.path("a.npy"), (cv::Mat_<float>(2, 2) << 1, 2, 3, 4));
  const std::string bytes = folder.bytes("a.npy");
  const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
  CHECK(bytes.size() == 128 + 16);
  CHECK(bytes.substr(0, 10) == "\x93NUMPY\x01\0\x76\0"s);
  CHECK(bytes.substr(10, dictionary.size()) == dictionary);
  CHECK(bytes[127] == '\n');
  CHECK(bytes.substr(128) == "\0\0\x80\x3F\0\0\0\x40\0\0\x40\x40\0\0\x80\x40"s);
}

TEST_CASE("headers in any order, spacing and version are read") {
  const scratch_folder folder;
  const auto shape_of = [&](const std::string& file) { return probe_tensor(folder.put("a.npy", file)).shape; };
  CHECK(shape_of(npy("{'shape':(2,),'fortran_order':False,'descr':'|u1'}", "ab")) == std::vector<int>{2});
  CHECK(shape_of(npy("{\"descr\": \"<u2\", \"fortran_order\": False, \"shape\": (1, 1), }   ", "ab")) ==
        std::vector<int>{1, 1});
  const std::string d = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";
  CHECK(shape_of("\x93NUMPY\x02\0"s + char(d.size()) + "\0\0\0"s + d + "abc") == std::vector<int>{3});
}

TEST_CASE("what is no plain array is refused with its reason") {
  const scratch_folder folder;
  const auto code = [&](const std::string& file) { return code_of([&] { read_tensor(folder.put("a.npy", file)); }); };
  const auto with = [&](const std::string& descr, const std::string& order, const std::string& shape) {
    return code(npy("{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }", "12345678"));
  };
  CHECK(with("'|u1'", "False", "(8,)").empty());
  CHECK(with("'|O'", "False", "(1,)") == "E_FORMAT");
  CHECK(with("'>f4'", "False", "(2,)") == "E_FORMAT");
  CHECK(with("'<i8'", "False", "(1,)") == "E_FORMAT");
  CHECK(with("[('a', '<f4')]", "False", "(2,)") == "E_FORMAT");
  CHECK(with("'<f4'", "True", "(2,)") == "E_FORMAT");
  CHECK(with("'|u1'", "False", "()") == "E_DECODE");
  CHECK(with("'|u1'", "False", "(0,)") == "E_DECODE");
  CHECK(with("'|u1'", "False", "(-1,)") == "E_DECODE");
  CHECK(with("'|u1'", "False", "(9223372036854775807,)") == "E_DECODE");
  CHECK(with("'|u1'", "False", "(99999999999999999999999999,)") == "E_DECODE");
  CHECK(with("'|u1'", "False", "(2147483647, 2147483647, 2147483647)") == "E_DECODE");
  CHECK(with("'|u1'", "False", "(1000000, 1000000)") == "E_TOO_LARGE");
  CHECK(with("'|u1'", "False", "(9,)") == "E_TRUNCATED");
  CHECK(with("'|u1'", "False", "(7,)") == "E_DECODE");
  CHECK(with("'|u1'", "__import__('os')", "(8,)") == "E_FORMAT");
  CHECK(with("'|u1'", "False", "(8, 'a')") == "E_DECODE");
  CHECK(code("") == "E_EMPTY");
  CHECK(code("PK\3\4 a zip") == "E_FORMAT");
  CHECK(code("\x93NUMPY\x04\0\x10\0{}              "s) == "E_FORMAT");
  CHECK(code("\x93NUMPY\x02\0\0\0\x02\0{}"s) == "E_FORMAT");
  CHECK(code("\x93NUMPY\x01\0\x40\0{'descr'"s) == "E_TRUNCATED");
  CHECK(code_of([&] { read_tensor(folder.path("absent.npy")); }) == "E_MISSING");
  CHECK(code_of([&] { write_tensor(folder.path("b.npy"), cv::Mat(2, 2, CV_32S)); }) == "E_UNSUPPORTED");
  CHECK(code_of([&] { write_tensor(folder.path("b.npy"), cv::Mat()); }) == "E_UNSUPPORTED");
  CHECK(folder.entries() == 1);
}

TEST_CASE("numbers as floats: converted, and not finite ones refused on request") {
  const scratch_folder folder;
  write_tensor(folder.path("a.npy"), (cv::Mat_<ushort>(1, 2) << 7, 65535));
  const cv::Mat floats = read_floats(folder.path("a.npy"));
  CHECK(floats.type() == CV_32F);
  CHECK(floats.at<float>(0, 1) == 65535.0F);
  write_tensor(folder.path("b.npy"), (cv::Mat_<float>(1, 2) << 7, std::numeric_limits<float>::quiet_NaN()));
  CHECK(code_of([&] { read_floats(folder.path("b.npy")); }) == "E_NONFINITE");
  CHECK(std::isnan(read_floats(folder.path("b.npy"), false).at<float>(0, 1)));
  write_tensor(folder.path("c.npy"), (cv::Mat_<double>(1, 1) << 1e300));
  CHECK(code_of([&] { read_floats(folder.path("c.npy")); }) == "E_NONFINITE");
}

TEST_CASE("random headers never crash the reader") {
  const scratch_folder folder;
  std::mt19937 draw(3);
  const std::string sound = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", std::string(16, 'x'));
  const std::string letters = "{}()[],:'\"0123456789 <>|fuTrueFalsedescrshape-\n\\";
  int refused = 0;
  for (int trial = 0; trial < 5000; ++trial) {
    std::string file = sound;
    for (unsigned k = 0; k < 1 + draw() % 6; ++k) {
      const std::size_t at = 6 + draw() % 66;
      file[at] = draw() % 4 == 0 ? char(draw()) : letters[draw() % letters.size()];
    }
    refused += !code_of([&] { read_tensor(folder.put("a.npy", file), 1 << 20); }).empty();
  }
  CHECK(refused > 3000);
}

TEST_CASE("a tensor written in pieces is the tensor written whole, and an unfinished one does not appear") {
  const scratch_folder folder;
  const cv::Mat values = sample_values({2, 5, 7}, CV_32F), flat = values.reshape(1, std::vector<int>{10, 7});
  write_tensor(folder.path("whole.npy"), values);
  {
    tensor_writer file(folder.path("pieces.npy"), {2, 5, 7}, CV_32F);
    file.write(flat.rowRange(0, 4));
    file.write(flat.rowRange(4, 5));
    CHECK(code_of([&] { file.write(flat); }) == "E_SHAPE");
    CHECK(code_of([&] { file.write(cv::Mat(1, 7, CV_64F)); }) == "E_SHAPE");
    CHECK(code_of([&] { file.commit(); }) == "E_SHAPE");
    file.write(flat.rowRange(5, 10));
    file.commit();
  }
  CHECK(folder.bytes("pieces.npy") == folder.bytes("whole.npy"));
  { tensor_writer(folder.path("left.npy"), {2, 5, 7}, CV_32F).write(flat); }
  CHECK(folder.entries() == 2);
}

TEST_CASE("a map is read in its record's shape, finite unless told otherwise") {
  const scratch_folder folder;
  cv::Mat values = sample_values({1, 2, 3}, CV_32F);
  values.ptr<float>()[4] = std::numeric_limits<float>::quiet_NaN();
  write_tensor(folder.path("m.npy"), values);
  CHECK(code_of([&] { read_map(folder.path("m.npy"), {1, 2, 3}); }) == "E_NONFINITE");
  CHECK(read_map(folder.path("m.npy"), {1, 2, 3}, false).total() == 6);
  CHECK(code_of([&] { read_map(folder.path("m.npy"), {1, 3, 2}, false); }) == "E_SHAPE");
}

TEST_CASE("arrays of the reference data are read") {
  const std::filesystem::path root = std::filesystem::path(MEDVISION_REFERENCE) / "golden";
  if (!std::filesystem::is_directory(root)) {
    MESSAGE("SKIPPED: " << root.native() << " is absent");
    return;
  }
  int files = 0, plain = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".npy") continue;
    ++files;
    const std::string code = code_of([&] { probe_tensor(entry.path().native()); });
    plain += code.empty();
    // Whole numbers with a sign are told as such.
    CHECK_MESSAGE((code.empty() || code == "E_FORMAT"), entry.path().native() << ": " << code);
  }
  MESSAGE(files << " arrays, " << plain << " of types that are read");
  CHECK(plain > 0);
}
