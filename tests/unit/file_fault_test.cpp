// SPDX-License-Identifier: Apache-2.0
// Files that records name: what is wrong with them is said, what is well is not.
#include "medvision/io/file_fault.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "medvision/io/tensor_file.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

TEST_CASE("a file that is there and not empty is well; an absent, an empty one and a folder are not") {
  const scratch_folder s;
  CHECK(file_fault(s.put("a.png", "not looked at")).empty());
  CHECK(file_fault(s.path("none.png")).find("none.png") != std::string::npos);
  CHECK(file_fault(s.put("e.png", "")).find("is empty") != std::string::npos);
  CHECK(!file_fault(s.path()).empty());
}

TEST_CASE("numbers must have the shape that was said, leading ones aside") {
  const scratch_folder s;
  const std::string path = s.path("m.npy");
  const int shape[] = {1, 3, 4};
  write_tensor(path, cv::Mat(3, shape, CV_32F, cv::Scalar(0)));
  CHECK(file_fault(path).empty());
  CHECK(file_fault(path, {1, 3, 4}).empty());
  CHECK(file_fault(path, {3, 4}).empty());
  CHECK(file_fault(path, {2, 3, 4}).find("1x3x4") != std::string::npos);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 4);
  CHECK(!file_fault(path).empty());
  CHECK(!file_fault(s.put("t.npy", "text")).empty());
}
