// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/image_jpeg_write.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/io/atomic_file.hpp"
#include "medvision/io/image_file.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {
cv::Mat gradient(int channels) {
  cv::Mat image(37, 53, CV_8UC(channels));
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols * channels; ++x)
      image.ptr(y)[x] = cv::saturate_cast<uchar>(x % channels * 90 + y * 2 + x / channels);
  return image;
}
}  // namespace

TEST_CASE("what is written is read back nearly, colours in their places, the same bytes each time") {
  const scratch_folder folder;
  for (const int channels : {1, 3}) {
    const cv::Mat image = gradient(channels);
    const std::string bytes = encode_jpeg(image, 95);
    CHECK(bytes == encode_jpeg(image, 95));
    CHECK(bytes.size() > encode_jpeg(image, 20).size());
    write_file(folder.path("a.jpg"), bytes);
    const cv::Mat again = read_image(folder.path("a.jpg"));
    REQUIRE(again.size() == image.size());
    REQUIRE(again.type() == image.type());
    CHECK(cv::norm(again, image, cv::NORM_INF) <= 12);
  }
}

TEST_CASE("a part of a picture is written, not what lies beside it") {
  const scratch_folder folder;
  cv::Mat image(40, 40, CV_8UC3, cv::Scalar(255, 255, 255));
  image(cv::Rect(8, 8, 16, 16)) = cv::Scalar(10, 20, 30);
  write_file(folder.path("a.jpg"), encode_jpeg(image(cv::Rect(8, 8, 16, 16))));
  const cv::Mat again = read_image(folder.path("a.jpg"));
  CHECK(cv::norm(again, image(cv::Rect(8, 8, 16, 16)), cv::NORM_INF) <= 4);
}

TEST_CASE("what JPEG cannot hold is refused") {
  CHECK(code_of([] { encode_jpeg(cv::Mat()); }) == "E_UNSUPPORTED");
  CHECK(code_of([] { encode_jpeg(cv::Mat::zeros(4, 4, CV_16U)); }) == "E_UNSUPPORTED");
  CHECK(code_of([] { encode_jpeg(cv::Mat::zeros(4, 4, CV_8UC2)); }) == "E_UNSUPPORTED");
  CHECK(code_of([] { encode_jpeg(cv::Mat::zeros(1, 65501, CV_8U)); }) == "E_UNSUPPORTED");
}
