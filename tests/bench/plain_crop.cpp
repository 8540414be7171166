// SPDX-License-Identifier: Apache-2.0
// A plain loop: decode, take what is brighter than black for the field of view, encode the crop and its mask: what a
// script does on dark backgrounds. plain_crop OUT PICTURE ...
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "medvision/io/image_file.hpp"

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  for (int i = 2; i < argc; ++i) {
    const std::string stem = argv[1] + ("/" + std::to_string(i));
    const cv::Mat image = medvision::read_image(argv[i]);
    cv::Mat mask;
    cv::cvtColor(image, mask, cv::COLOR_BGR2GRAY);
    cv::threshold(mask, mask, 15, 255, cv::THRESH_BINARY);
    const cv::Rect box = cv::boundingRect(mask);
    medvision::write_image(stem + ".crop.png", image(box));
    medvision::write_image(stem + ".fov.png", mask(box));
  }
}
