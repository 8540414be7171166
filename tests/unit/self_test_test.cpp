// SPDX-License-Identifier: Apache-2.0
// The known-answer test of a card, passed and failed.
#include "medvision/infer/self_test.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "medvision/error.hpp"

using namespace medvision;

namespace {
const std::string toy = MEDVISION_SOURCE "/weights/toy";
}

TEST_CASE("on paper: the ramp") {
  const cv::Mat grey = ramp_picture({5, 4}, 1);
  CHECK(grey.at<uchar>(0, 0) == 0);
  CHECK(grey.at<uchar>(0, 4) == 28);
  CHECK(grey.at<uchar>(3, 4) == 28 + 39 + 12);
  CHECK(ramp_picture({40, 40}, 1).at<uchar>(39, 39) == (7 * 39 + 13 * 39 + (39 * 39) % 17) % 256);
  CHECK(ramp_picture({5, 4}, 3).at<cv::Vec3b>(0, 1) == cv::Vec3b(7, 38, 69));
}

TEST_CASE("the toy network passes its own test on the CPU") {
  const auto [text, passed] = run_self_test(toy, "cpu");
  CAPTURE(text);
  CHECK(passed);
  CHECK(text.find("\"passed\":true}") != std::string::npos);
  CHECK(text.find("\"device\":\"cpu\"") != std::string::npos);
  for (const char* output : {"\"edge\":", "\"coarse\":", "\"features\":", "\"scores\":"})
    CHECK(text.find(output) != std::string::npos);
}

TEST_CASE("an answer that is off by more than the tolerance fails, and a card without a test is refused") {
  const auto folder = std::filesystem::temp_directory_path() / ("self_test_test." + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(toy + "/toy.onnx", folder / "toy.onnx");
  std::ifstream file(toy + "/card.json");
  const std::string card{std::istreambuf_iterator<char>(file), {}};
  const auto with = [&](const std::string& from, const std::string& to) {
    const auto at = card.find(from);
    REQUIRE(at != std::string::npos);
    std::ofstream(folder / "card.json") << std::string(card).replace(at, from.size(), to);
    return folder.string();
  };
  CHECK(run_self_test(with("0.2047507", "0.2048507"), "cpu").second == false);
  CHECK(run_self_test(with("\"mean\": 0.438224", "\"mean\": 0.43"), "cpu").second == false);
  CHECK(run_self_test(with("\"shape\": [1, 64, 64]", "\"shape\": [1, 64, 65]"), "cpu").second == false);
  CHECK_THROWS_AS(run_self_test(with("\"self_test\"", "\"x-self_test\""), "cpu"), error);
  std::filesystem::remove_all(folder);
}
