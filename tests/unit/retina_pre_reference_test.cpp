// SPDX-License-Identifier: Apache-2.0
// The preprocessing of retina-unet, every stage against what its own program wrote.
#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "medvision/enhance/contrast.hpp"
#include "medvision/enhance/gamma.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/tensor_file.hpp"

using namespace medvision;

namespace {
const std::string folder = MEDVISION_REFERENCE "/golden/retina/pre/";
const std::vector<std::pair<std::string, std::string>> pictures{
    {"rgb_1", "1_of_1_2_3"}, {"rgb_2", "2_of_1_2_3"}, {"rgb_3", "3_of_1_2_3"}, {"rgb_4", "4_of_4"}};

bool absent() {
  if (std::filesystem::is_directory(folder)) return false;
  std::printf("SKIPPED retina preprocessing reference: %s is not there\n", folder.c_str());
  MESSAGE("SKIPPED: no reference folder");
  return true;
}
bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}
contrast_parameters up_to(int step) {
  contrast_parameters p;
  p.gray = gray_choice::weighted;
  p.standardize.how = standardization::minmax;
  p.clahe.clip_limit = step >= 2 ? 2.0 : 0.0;
  p.gamma = step >= 3 ? 1.2 : 1.0;
  return p;
}
}  // namespace

TEST_CASE("reference: grey, unrounded, as the reference stored it in 32 bit at every fifth pixel") {
  if (absent()) return;
  for (const auto& [rgb, name] : pictures) {
    cv::Mat image = read_image(folder + rgb + ".png"), real;
    const cv::Mat want = read_tensor(folder + "gray_" + name + ".npy");
    gray(image, {}).convertTo(real, CV_32F);
    REQUIRE(want.size() == cv::Size((image.cols + 4) / 5, (image.rows + 4) / 5));
    int different = 0;
    for (int y = 0; y < want.rows; ++y)
      for (int x = 0; x < want.cols; ++x) different += real.at<float>(5 * y, 5 * x) != want.at<float>(y, x);
    CHECK(different == 0);
    contrast_parameters alone = up_to(1);
    alone.standardize.how = standardization::none;
    alone.real_values = true;
    CHECK(same(enhance_contrast(image, alone), real));
  }
}

TEST_CASE("reference: stretched, CLAHE and gamma are equal in every bit") {
  if (absent()) return;
  for (const auto& [rgb, name] : pictures) {
    const cv::Mat image = read_image(folder + rgb + ".png");
    CHECK(same(enhance_contrast(image.clone(), up_to(1)), read_image(folder + "norm_u8_" + name + ".png")));
    CHECK(same(enhance_contrast(image.clone(), up_to(2)), read_image(folder + "clahe_" + name + ".png")));
    CHECK(same(enhance_contrast(image.clone(), up_to(3)), read_image(folder + "gamma_" + name + ".png")));
  }
}

TEST_CASE("reference: standardising by the data set first, as the reference does, changes no bit") {
  if (absent()) return;
  for (const auto& [rgb, name] : pictures) {
    const bool fourth = rgb == "rgb_4";
    const cv::Mat z = standardize(gray(read_image(folder + rgb + ".png"), {}),
                                  {standardization::fixed, fourth ? 64.76686926666666 : 65.39121389991182,
                                   fourth ? 41.66218603488831 : 42.853980460648344},
                                  255);
    const cv::Mat real = standardize(z, {standardization::minmax}, 255),
                  want = read_image(folder + "norm_u8_" + name + ".png");
    int different = 0;
    for (int y = 0; y < want.rows; ++y)
      for (int x = 0; x < want.cols; ++x) different += uchar(real.at<double>(y, x)) != want.at<uchar>(y, x);
    CHECK(different == 0);
  }
}

TEST_CASE("reference: the gamma table") {
  if (absent()) return;
  std::ifstream in(folder + "gamma_table.json");
  REQUIRE(in.good());
  std::vector<int> want;
  for (char c = 0; in.get(c);)
    if (c >= '0' && c <= '9') {
      in.unget();
      int v = 0;
      in >> v;
      want.push_back(v);
    }
  REQUIRE(want.size() == 256);
  const cv::Mat table = gamma_table(1.2, CV_8U);
  int different = 0;
  for (int i = 0; i < 256; ++i) different += table.at<uchar>(i) != want[i];
  CHECK(different == 0);
}
