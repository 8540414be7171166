// SPDX-License-Identifier: Apache-2.0
// Rows come back as they were written, whatever the buffer.
#include "medvision/io/rows_file.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/io/atomic_file.hpp"
#include "medvision/io/tensor_file.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

TEST_CASE("rows come back in order, in any buffer") {
  const scratch_folder folder;
  const std::string path = folder.path("a.npy");
  std::vector<number_row> rows;
  for (int i = 0; i < 100; ++i) rows.push_back({100.5 - i, double(i), double(i * i)});
  write_rows(path, rows);
  for (const std::size_t buffer : {0, 1, 7, 100, 1000}) {
    rows_reader reader(path, buffer);
    for (const number_row& r : rows) REQUIRE(reader.next() == r);
    CHECK(!reader.next());
    CHECK(!reader.next());
  }
}

TEST_CASE("no row is one row of zeros") {
  const scratch_folder folder;
  write_rows(folder.path("a.npy"), {});
  rows_reader reader(folder.path("a.npy"), 10);
  CHECK(reader.next() == number_row{0, 0, 0});
  CHECK(!reader.next());
}

TEST_CASE("other shapes, a cut file and numbers that are none are refused") {
  const scratch_folder folder;
  write_tensor(folder.path("wide.npy"), cv::Mat(4, 4, CV_64F, cv::Scalar(1)));
  CHECK_THROWS_AS(rows_reader(folder.path("wide.npy"), 1), error);
  write_tensor(folder.path("float.npy"), cv::Mat(4, 3, CV_32F, cv::Scalar(1)));
  CHECK_THROWS_AS(rows_reader(folder.path("float.npy"), 1), error);
  write_rows(folder.path("nan.npy"),
             std::vector<number_row>{{1, 2, 3}, {std::numeric_limits<double>::quiet_NaN(), 0, 0}});
  rows_reader reader(folder.path("nan.npy"), 1);
  CHECK(reader.next());
  CHECK_THROWS_AS(reader.next(), error);
  write_rows(folder.path("cut.npy"), std::vector<number_row>(50));
  const std::string bytes = folder.bytes("cut.npy");
  write_file(folder.path("cut.npy"), bytes.substr(0, bytes.size() - 8));
  CHECK_THROWS_AS(rows_reader(folder.path("cut.npy"), 1), error);
}
