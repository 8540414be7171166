// SPDX-License-Identifier: Apache-2.0
// Regions, pooled scores and enlarged maps against what the published programs made of the same maps.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "cli/runtime/journal.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/saliency/top_percent.hpp"
#include "medvision/saliency/upsample.hpp"
#include "medvision/select/greedy.hpp"
#include "medvision/select/response.hpp"
#include "medvision/select/window.hpp"
#include "reference_files.hpp"

using namespace medvision;

namespace {

const std::string folder = MEDVISION_REFERENCE "/golden/";

std::vector<std::string> folders_in(const std::string& part) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder + part))
    names.push_back(part + "/" + entry.path().filename().string());
  return names;
}
cv::Size size_of(const nlohmann::json& rows_columns) {
  return {rows_columns[1].get<int>(), rows_columns[0].get<int>()};
}
cv::Mat channel(const cv::Mat& map, int c) {
  return {map.size[1], map.size[2], CV_32F, const_cast<uchar*>(map.ptr(c))};
}
/// Every step-th row and column of each channel of `map`, against `want`.
double worst_of_strided(const cv::Mat& map, const cv::Mat& want, int rows, int columns) {
  double worst = 0;
  for (int c = 0; c < want.size[0]; ++c)
    for (int y = 0; y < want.size[1]; ++y)
      for (int x = 0; x < want.size[2]; ++x)
        worst = std::max(worst, double(std::abs(map.ptr<float>(c, y * rows)[x * columns] - want.ptr<float>(c, y)[x])));
  return worst;
}
/// Windows on a map, as cells and on the picture, [row, column] each, as the stored results have them.
void check_picks(const cv::Mat& map, cv::Size picture, cv::Size crop, const nlohmann::json& cells,
                 const nlohmann::json& places) {
  const cv::Size grid(map.size[2], map.size[1]);
  const frame to_picture = resize_frame(picture, grid);
  const auto picks = pick_windows(combine_channels(map, {.flat = zero_range::nan}).values,
                                  {window_in_cells(crop, grid, to_picture), int(cells.size()), {}});
  REQUIRE(picks.size() == cells.size());
  for (std::size_t k = 0; k < picks.size(); ++k) {
    CHECK(picks[k].cells.y == cells[k][0].get<int>());
    CHECK(picks[k].cells.x == cells[k][1].get<int>());
    const cv::Rect at = window_in_picture(picks[k].cells, grid, to_picture, crop);
    CHECK(at.y == places[k][0].get<double>());
    CHECK(at.x == places[k][1].get<double>());
  }
}

}  // namespace

TEST_CASE("reference: every case of golden/roi, window by window") {
  if (absent(folder + "roi", "selection")) return;
  const auto cases = read_json(folder + "roi/cases.json");
  REQUIRE(cases.size() >= 25);
  for (const auto& one : cases) {
    CAPTURE(one["name"].get<std::string>());
    const cv::Mat map = read_floats(folder + "roi/" + one["map"].get<std::string>(), false);
    const cv::Size picture = size_of(one["image_size"]), crop = size_of(one["crop_shape"]),
                   grid(map.size[2], map.size[1]);
    CHECK(grid == size_of(one["cam_size"]));
    CHECK(window_in_cells(crop, grid, resize_frame(picture, grid)) == size_of(one["window_on_cam"]));
    check_picks(map, picture, crop, one["expected_small"], one["expected_full"]);
    if (one["nan"].get<bool>()) continue;
    const auto picks = pick_windows(combine_channels(map, {}).values, {size_of(one["window_on_cam"]), 6, {}});
    for (std::size_t k = 0; k < 6; ++k)
      CHECK(picks[k].score == doctest::Approx(one["step_window_mean"][k].get<double>()).epsilon(1e-6));
  }
}

TEST_CASE("reference: the regions and the pooled scores of GMIC's runs") {
  if (absent(folder + "gmic", "selection")) return;
  for (const std::string& run : folders_in("gmic")) {
    CAPTURE(run);
    const auto result = read_json(folder + run + "/result.json");
    const cv::Mat map = read_floats(folder + run + "/saliency.npy");
    check_picks(map, size_of(result["input_shape"]), size_of(result["crop_shape"]), result["small_locations"],
                result["patch_locations"]);
    const auto pooled = top_percent(map, result["percent_t"].get<double>());
    for (std::size_t c = 0; c < 2; ++c)
      CHECK(pooled[c] == doctest::Approx(result["y_global"][c].get<double>()).epsilon(1e-6));
  }
}

TEST_CASE("reference: GMIC's maps on the input's pixels, linear at every sample and nearest by their sum") {
  if (absent(folder + "gmic", "selection")) return;
  for (const std::string& run : folders_in("gmic")) {
    CAPTURE(run);
    const auto result = read_json(folder + run + "/result.json");
    const cv::Mat map = read_floats(folder + run + "/saliency.npy");
    const cv::Size picture = size_of(result["input_shape"]);
    const cv::Mat want = read_floats(folder + run + "/upsampled_linear_strided.npy");
    CHECK(worst_of_strided(upsample(map, picture), want, 61, 59) < 1e-6);
    const cv::Mat nearest = upsample(map, picture, {upsampling::nearest});
    CHECK(cli::sha256_of({reinterpret_cast<const char*>(nearest.data), nearest.total() * 4}) ==
          result["upsampled_nearest_sha256"].get<std::string>());
  }
}

TEST_CASE("reference: GLAM's levels pooled, its regions, and its fused map from the parts") {
  if (absent(folder + "glam", "selection")) return;
  const std::string run = "glam/small_0_L-MLO_K2";  // of the others only samples of the maps are stored
  const auto result = read_json(folder + run + "/result.json");
  const cv::Mat global = read_floats(folder + run + "/global_saliency.npy");
  for (std::size_t i = 0; i < 3; ++i) {
    const cv::Mat level = read_floats(folder + run + "/layer" + std::to_string(i + 1) + ".npy");
    const auto pooled = top_percent(level, result["percent_k"].get<double>());
    for (std::size_t c = 0; c < 2; ++c)
      CHECK(pooled[c] == doctest::Approx(result["y_level"][i][c].get<double>()).epsilon(1e-6));
  }
  const cv::Size picture = size_of(result["input_shape"]), crop = size_of(result["crop_shape"]);
  const cv::Size grid(global.size[2], global.size[1]);
  const frame to_picture = resize_frame(picture, grid);
  const cv::Size window = window_in_cells(crop, grid, to_picture);
  CHECK(window == size_of(result["window_on_cam"]));
  const auto picks =
      pick_windows(combine_channels(global, {.flat = zero_range::nan}).values, {window, result["K"].get<int>(), {}});
  CHECK(picks[0].score == doctest::Approx(result["first_cell_window_mean"].get<double>()).epsilon(1e-6));
  cv::Mat fused = upsample(global, picture, {upsampling::nearest});
  cv::Mat pasted = cv::Mat::zeros(3, fused.size.p, CV_32F);
  const cv::Mat local = read_floats(folder + run + "/local_cam.npy");
  REQUIRE(int(picks.size()) == local.size[0]);
  for (std::size_t k = 0; k < picks.size(); ++k) {
    const cv::Rect at = window_in_picture(picks[k].cells, grid, to_picture, crop);
    CHECK(at.y == result["patch_locations"][k][0].get<double>());
    CHECK(at.x == result["patch_locations"][k][1].get<double>());
    for (int c = 0; c < 2; ++c) {
      const cv::Mat one(local.size[2], local.size[3], CV_32F, const_cast<uchar*>(local.ptr(int(k), c)));
      cv::Mat part = channel(pasted, c)(at);
      upsample(one, crop, {upsampling::nearest}).copyTo(part);
    }
  }
  fused = (fused + pasted) / 2;
  CHECK(worst_of_strided(fused, read_floats(folder + run + "/fused_strided.npy"), 37, 41) < 1e-6);
}
