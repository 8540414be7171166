// SPDX-License-Identifier: Apache-2.0
// The contrast chain of retina-unet as a plain loop: decode, grey, stretch, CLAHE, gamma, encode. plain_chain OUT
// PICTURE ...
#include <algorithm>
#include <cmath>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "medvision/io/image_file.hpp"

namespace {

cv::Mat stretched_gray(const cv::Mat& colour) {
  cv::Mat_<double> gray(colour.size());
  double low = 1e9, high = -1e9;
  for (int y = 0; y < colour.rows; ++y) {
    const auto* in = colour.ptr<cv::Vec3b>(y);
    double* out = gray[y];
    for (int x = 0; x < colour.cols; ++x) {
      out[x] = 0.299 * in[x][2] + 0.587 * in[x][1] + 0.114 * in[x][0];
      low = std::min(low, out[x]);
      high = std::max(high, out[x]);
    }
  }
  cv::Mat_<unsigned char> made(colour.size());
  for (int y = 0; y < colour.rows; ++y)
    for (int x = 0; x < colour.cols; ++x)
      made(y, x) = static_cast<unsigned char>((gray(y, x) - low) / (high - low) * 255);
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
