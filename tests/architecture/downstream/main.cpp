// SPDX-License-Identifier: Apache-2.0
// Reads a picture and a record through the installed library.
#include <cstdio>
#include <medvision/io/image_file.hpp>
#include <medvision/record/record.hpp>

int main(int argc, char** argv) {
  const medvision::record r("case/1");
  const cv::Mat image = medvision::read_image(argv[argc - 1]);
  std::printf("%s %dx%d\n", r.file_stem().c_str(), image.cols, image.rows);
}
