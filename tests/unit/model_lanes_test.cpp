// SPDX-License-Identifier: Apache-2.0
// Several copies of one model say the same, at once.
#include "medvision/system/model_lanes.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <thread>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "medvision/io/image_file.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {
const std::string toy = MEDVISION_SOURCE "/weights/toy";

model_options on(const std::string& device) {
  model_options o;
  o.session.device = device;
  return o;
}

record noisy(const scratch_folder& folder, int number, cv::Size size) {
  cv::Mat picture(size, CV_8U);
  cv::RNG(number).fill(picture, cv::RNG::UNIFORM, 0, 256);
  const std::string path = folder.path("n" + std::to_string(number) + ".pgm");
  write_image(path, picture);
  record r("n" + std::to_string(number));
  r.set_text("image", path);
  return r;
}
}  // namespace

TEST_CASE("lanes run at once, and each gives the answers of any other") {
  const scratch_folder folder;
  model_lanes one(toy, on("cpu"), 1), three(toy, on("cpu"), 3);
  REQUIRE(one.count() == 1);
  REQUIRE(three.count() == 3);
  CHECK(one.identity() == three.identity());
  std::vector<case_in_hand> cases, expected;
  for (int i = 0; i < 12; ++i) {
    record r = noisy(folder, i, {40 + i % 2, 30});
    cases.push_back(three.prepare(r, {}));
    expected.push_back(one.prepare(r, {}));
    case_in_hand* const alone[] = {&expected.back()};
    one.forward(alone, 0);
  }
  std::vector<std::thread> threads;
  for (int lane = 0; lane < 3; ++lane)
    threads.emplace_back([&, lane] {
      for (std::size_t i = std::size_t(lane); i < cases.size(); i += 3) {
        case_in_hand* const alone[] = {&cases[i]};
        three.forward(alone, lane);
      }
    });
  for (std::thread& t : threads) t.join();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    REQUIRE(cases[i].made.size() == expected[i].made.size());
    REQUIRE_FALSE(cases[i].made.empty());
    for (std::size_t k = 0; k < cases[i].made.size(); ++k)
      CHECK(cv::norm(cases[i].made[k].values.reshape(1, 1), expected[i].made[k].values.reshape(1, 1), cv::NORM_INF) ==
            0);
  }
}

TEST_CASE("cases are of one kind when what goes in is of one size") {
  const scratch_folder folder;
  const model_lanes lanes(toy, on("cpu"), 1);
  const auto kind = [&](int number, cv::Size size) {
    record r = noisy(folder, number, size);
    return model_lanes::kind(lanes.prepare(r, {}));
  };
  CHECK(kind(1, {40, 30}) == kind(2, {40, 30}));
  CHECK(kind(1, {40, 30}) != kind(2, {30, 40}));
}

TEST_CASE("a device that cannot be is refused before anything is loaded") {
  for (const char* device : {"cpu,cpu", "cuda:0,0", "gpu"})
    CHECK(code_of([&] { const model_lanes m(toy, on(device), 1); }, blame::request) == "E_OPTION");
}
