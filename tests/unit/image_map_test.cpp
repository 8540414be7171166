// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/image_map.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/io/tensor_file.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

TEST_CASE("a map of 16 bits holds shares of 65535, in PNG and TIFF") {
  const scratch_folder folder;
  const cv::Mat stored = (cv::Mat_<ushort>(2, 3) << 0, 1, 13107, 32768, 65534, 65535);
  for (const char* name : {"m.png", "m.tiff", "m.TIF"}) {
    write_image(folder.path(name == std::string("m.TIF") ? "m.tif" : name), stored);
    if (name == std::string("m.TIF")) folder.put(name, folder.bytes("m.tif"));
    const cv::Mat cells = read_cells(folder.path(name), {1, 2, 3});
    REQUIRE(cells.dims == 3);
    CHECK(cells.size[0] == 1);
    CHECK(cells.size[1] == 2);
    CHECK(cells.size[2] == 3);
    for (int i = 0; i < 6; ++i)
      CHECK(cells.ptr<float>()[i] == doctest::Approx(stored.ptr<ushort>()[i] / 65535.0).epsilon(1e-7));
    CHECK(cells.ptr<float>()[5] == 1.F);
  }
}

TEST_CASE("a map that is an array comes as it is") {
  const scratch_folder folder;
  const std::vector<int> shape{2, 1, 2};
  const cv::Mat values = (cv::Mat_<float>(1, 4) << -1, 0.5, 7, 2);
  const cv::Mat stored = values.reshape(1, shape);
  write_tensor(folder.path("m.npy"), stored);
  const cv::Mat cells = read_cells(folder.path("m.npy"), {2, 1, 2});
  for (int i = 0; i < 4; ++i) CHECK(cells.ptr<float>()[i] == stored.ptr<float>()[i]);
  CHECK(code_of([&] { read_cells(folder.path("m.npy"), {1, 1, 2}); }) == "E_SHAPE");
}

TEST_CASE("a picture that is no map is refused") {
  const scratch_folder folder;
  write_image(folder.path("wide.png"), cv::Mat(2, 3, CV_16UC1, cv::Scalar(9)));
  for (const std::array<int, 3> shape : {std::array{1, 3, 2}, {2, 2, 3}, {1, 2, 4}})
    CHECK(code_of([&] { read_cells(folder.path("wide.png"), shape); }) == "E_SHAPE");
  write_image(folder.path("bytes.png"), cv::Mat(2, 3, CV_8UC1, cv::Scalar(9)));
  write_image(folder.path("colour.png"), cv::Mat(2, 3, CV_16UC3, cv::Scalar(9)));
  CHECK(code_of([&] { read_cells(folder.path("bytes.png"), {1, 2, 3}); }) == "E_UNSUPPORTED");
  CHECK(code_of([&] { read_cells(folder.path("colour.png"), {1, 2, 3}); }) == "E_UNSUPPORTED");
  CHECK(code_of([&] { read_cells(folder.path("absent.png"), {1, 2, 3}); }) == "E_MISSING");
  CHECK(code_of([&] { read_cells(folder.path("wide.png"), {1, 2, 3}, {.max_pixels = 5}); }) == "E_TOO_LARGE");
}
