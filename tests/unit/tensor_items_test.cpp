// SPDX-License-Identifier: Apache-2.0
// One of the items of a file.
#include "medvision/io/tensor_items.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "medvision/io/tensor_file.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

TEST_CASE("an item is its part of the file, and without an index the file is the item") {
  const scratch_folder folder;
  const std::string path = folder.path("a.npy");
  const int shape[] = {3, 2, 2};
  cv::Mat all(3, shape, CV_32F);
  for (int i = 0; i < 12; ++i) all.ptr<float>()[i] = float(i);
  write_tensor(path, all);
  const cv::Mat item = read_item(path, {2, 2}, 1);
  CHECK(item.dims == 2);
  CHECK(item.at<float>(0, 0) == 4);
  CHECK(item.at<float>(1, 1) == 7);
  CHECK(read_item(path, {3, 2, 2}).total() == 12);
}

TEST_CASE("another shape, an item that is not there and values that are not finite are refused") {
  const scratch_folder folder;
  const std::string path = folder.path("a.npy");
  cv::Mat all = cv::Mat::zeros(3, 4, CV_32F);
  write_tensor(path, all);
  CHECK(code_of([&] { (void)read_item(path, {5}, 0); }) == "E_SHAPE");
  CHECK(code_of([&] { (void)read_item(path, {4}, 3); }) == "E_SHAPE");
  CHECK(code_of([&] { (void)read_item(path, {4}); }) == "E_SHAPE");
  all.at<float>(2, 1) = std::numeric_limits<float>::quiet_NaN();
  write_tensor(path, all);
  CHECK(code_of([&] { (void)read_item(path, {4}, 0); }) == "E_NONFINITE");
}
