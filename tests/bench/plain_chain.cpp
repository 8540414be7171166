// SPDX-License-Identifier: Apache-2.0
// The contrast chain of retina-unet as a plain loop: decode, grey, stretch, CLAHE, gamma, encode. plain_chain OUT
// PICTURE ...
#include <cmath>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "medvision/io/image_file.hpp"

namespace {

double gray_of(const cv::Vec3b& p) { return 0.299 * p[2] + 0.587 * p[1] + 0.114 * p[0]; }

// Grey twice instead of kept: two reads of three bytes cost less than a picture of doubles written and read.
cv::Mat stretched_gray(const cv::Mat& colour) {
  double low = 1e9, high = -1e9;
  for (int y = 0; y < colour.rows; ++y) {
    const auto* in = colour.ptr<cv::Vec3b>(y);
    for (int x = 0; x < colour.cols; ++x) {
      const double value = gray_of(in[x]);
      low = value < low ? value : low;
      high = value > high ? value : high;
    }
  }
  cv::Mat_<unsigned char> made(colour.size());
  for (int y = 0; y < colour.rows; ++y) {
    const auto* in = colour.ptr<cv::Vec3b>(y);
    unsigned char* out = made[y];
    for (int x = 0; x < colour.cols; ++x)
      out[x] = static_cast<unsigned char>((gray_of(in[x]) - low) / (high - low) * 255);
  }
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  cv::Mat_<unsigned char> table(1, 256);
  for (int i = 0; i < 256; ++i) table(i) = static_cast<unsigned char>(255 * std::pow(i / 255.0, 1 / 1.2));
  const auto clahe = cv::createCLAHE(2.0, {8, 8});
  for (int i = 2; i < argc; ++i) {
    cv::Mat gray = stretched_gray(medvision::read_image(argv[i]));
    clahe->apply(gray, gray);
    cv::LUT(gray, table, gray);
    medvision::write_image(argv[1] + ("/" + std::to_string(i)) + ".png", gray);
  }
}
