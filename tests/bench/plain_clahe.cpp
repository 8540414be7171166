// SPDX-License-Identifier: Apache-2.0
// A plain loop: decode, cv::CLAHE, encode. plain_clahe OUT PICTURE ...
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "medvision/io/image_file.hpp"

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  const auto clahe = cv::createCLAHE(2.0, {8, 8});
  for (int i = 2; i < argc; ++i) {
    cv::Mat image = medvision::read_image(argv[i]);
    clahe->apply(image, image);
    medvision::write_image(argv[1] + ("/" + std::to_string(i)) + ".png", image);
  }
}
