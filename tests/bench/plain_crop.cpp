// SPDX-License-Identifier: Apache-2.0
// A plain loop: decode, find the field of view, encode the crop and its mask. plain_crop OUT PICTURE ...
#include <opencv2/core/utility.hpp>
#include <string>

#include "medvision/crop/fundus.hpp"
#include "medvision/io/image_file.hpp"

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  for (int i = 2; i < argc; ++i) {
    const std::string stem = argv[1] + ("/" + std::to_string(i));
    const cv::Mat image = medvision::read_image(argv[i]);
    const medvision::fundus_field field = medvision::find_fundus_field(image);
    medvision::write_image(stem + ".crop.png", image(field.box));
    medvision::write_image(stem + ".fov.png", field.mask(field.box));
  }
}
