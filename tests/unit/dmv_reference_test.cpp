// SPDX-License-Identifier: Apache-2.0
// Heat maps of a patch classifier, against what the published program made of the same probabilities.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "medvision/io/tensor_file.hpp"
#include "medvision/patch/grid.hpp"
#include "medvision/patch/stitch.hpp"
#include "reference_files.hpp"

using namespace medvision;

namespace {

const std::string folder = reference_file("golden/dmv/");

std::vector<int> steps_of(const std::vector<int>& offsets) {
  std::vector<int> steps;
  for (std::size_t i = 1; i < offsets.size(); ++i) steps.push_back(offsets[i] - offsets[i - 1]);
  return steps;
}
std::vector<int> offsets_of(const std::vector<int>& steps) {
  std::vector<int> offsets{0};
  for (const int step : steps) offsets.push_back(offsets.back() + step);
  return offsets;
}

}  // namespace

TEST_CASE("even grids take the published steps, the shorter ones first") {
  if (absent(folder, "DMV")) return;
  const nlohmann::json lists = read_json(folder + "stride_lists.json");
  CHECK(lists.size() >= 10);
  for (const auto& one : lists) {
    const int length = one["length"], patch = one["patch"], stride = one["stride_fixed"];
    const patch_grid grid =
        make_grid({length, patch}, {.size = {patch, patch}, .stride = {stride, stride}, .rule = grid_rule::even});
    CAPTURE(length);
    CHECK(int(grid.columns.size()) == one["n_patches"].get<int>());
    CHECK(steps_of(grid.columns) == one["sorted_strides"].get<std::vector<int>>());
  }
}

TEST_CASE("a heat map is the mean of the patches that cover a pixel") {
  if (absent(folder, "DMV")) return;
  const nlohmann::json known = read_json(folder + "heatmap.json");
  const cv::Mat said = read_tensor(folder + "heatmap_probs.npy"), sampled = read_tensor(folder + "heatmap.npy");
  const int rows = known["shape"][0], columns = known["shape"][1], side = known["patch"], column = known["column"];
  const std::vector<int> lefts = offsets_of(known["col_strides"]), tops = offsets_of(known["row_strides"]);
  REQUIRE(lefts.size() * tops.size() == std::size_t(said.size[0]));
  stitcher whole({columns, rows}, said.size[1]);
  int patch = 0;
  for (const int left : lefts)  // as the probabilities are stored: down first
    for (const int top : tops) {
      const float* row = said.ptr<float>(patch++);
      whole.add({left, top, side, side}, even_map({row, row + said.size[1]}, {side, side}));
    }
  cv::Mat maps = whole.finish();
  REQUIRE(maps.size[0] == said.size[1]);
  const cv::Mat map(rows, columns, CV_32F, maps.ptr<float>(column));
  CHECK(cv::sum(map)[0] == doctest::Approx(known["full_sum"].get<double>()).epsilon(1e-7));
  double least = 0, largest = 0, worst = 0;
  cv::minMaxLoc(map, &least, &largest);
  CHECK(least == known["full_min"].get<double>());
  CHECK(largest == known["full_max"].get<double>());
  REQUIRE(sampled.size[0] == (rows + 2) / 3);
  for (int y = 0; y < sampled.size[0]; ++y)
    for (int x = 0; x < sampled.size[1]; ++x)
      worst = std::max(worst, std::abs(double(map.at<float>(3 * y, 3 * x)) - sampled.at<float>(y, x)));
  CHECK(worst <= 1e-6);
}
