// SPDX-License-Identifier: Apache-2.0
// Mammograms cropped and cut to windows, against what the published programs made of the same pictures.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "cli/runtime/journal.hpp"
#include "error_code.hpp"
#include "medvision/crop/breast_cut.hpp"
#include "medvision/enhance/standardize.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/io/tensor_file.hpp"
#include "reference_files.hpp"

using namespace medvision;

namespace {

const std::string shared = MEDVISION_REFERENCE, folder = shared + "/golden/crop/";

std::string sha256(const cv::Mat& image) {
  const cv::Mat dense = image.clone();
  return cli::sha256_of({reinterpret_cast<const char*>(dense.data), dense.total() * dense.elemSize()});
}
breast_cut_parameters parameters_of(const nlohmann::json& one) {
  return {.background = 0,
          .iterations = one["iterations"].get<int>(),
          .buffer = {one["buffer"].get<double>(), false},
          .stored = one["horizontal_flip"] == "YES" ? breast_layout::mirrored : breast_layout::usual,
          .face_right = true};
}
breast_tags tags_of(const nlohmann::json& one) { return read_breast_tags("", one["view"].get<std::string>()); }

void check_crop(const breast_cut& cut, const nlohmann::json& want) {
  const cv::Rect kept = cut.box.kept;
  CHECK(nlohmann::json{kept.y, kept.br().y, kept.x, kept.br().x} == want["window_location"]);
  CHECK(nlohmann::json{cut.box.rightmost_rows, cut.box.rightmost_column} == want["rightmost_points"]);
  CHECK(nlohmann::json{cut.box.bottommost_row, cut.box.bottommost_columns} == want["bottommost_points"]);
  CHECK(cut.box.distance_from_starting_side == want["distance_from_starting_side"].get<int>());
  CHECK(cut.warnings.empty() == (cut.box.distance_from_starting_side == 0));
}

/// One window: its centre, its borders in the padded picture, its pixels.
cv::Mat check_window(const cv::Mat& image, const nlohmann::json& one, const nlohmann::json& want, const char* size,
                     const char* hash) {
  breast_cut_parameters p = parameters_of(one);
  p.window = {want[size][1].get<int>(), want[size][0].get<int>()};
  const breast_cut cut = plan_breast_cut(image, {}, tags_of(one), p);
  REQUIRE(cut.centre.has_value());
  CHECK(nlohmann::json{cut.centre->y, cut.centre->x} == want["best_center"]);
  const cv::Size kept = cut.box.kept.size();
  const cv::Rect at = cut.window;
  const int above = std::max(0, -at.y), right = std::max(0, at.br().x - kept.width),
            below = std::max(0, p.window.height - kept.height - above);
  CHECK(nlohmann::json{above + kept.height + below, kept.width + right} == want["padded_shape"]);
  CHECK(nlohmann::json{at.y + above, at.br().y + above, at.x, at.br().x} == want["borders"]);
  const cv::Mat window = cut.of(image, cut.fill);
  cv::Mat stored;
  window.convertTo(stored, std::string(hash) == "raw_window_sha256" ? CV_32F : CV_16U);
  CHECK(sha256(stored) == want[hash].get<std::string>());
  return window;
}

/// The standardised window against stored samples, every 41st row and 37th column.
void check_samples(const cv::Mat& window, const std::string& file) {
  const cv::Mat z = standardize(window, {standardization::image}, 65535), want = read_tensor(file);
  REQUIRE(want.size() == cv::Size((z.cols + 36) / 37, (z.rows + 40) / 41));
  double worst = 0;
  for (int y = 0; y < want.rows; ++y)
    for (int x = 0; x < want.cols; ++x)
      worst = std::max(worst, std::abs(z.at<double>(41 * y, 37 * x) - double(want.at<float>(y, x))));
  CHECK(worst <= 1e-5);
}

}  // namespace

TEST_CASE("reference: every made picture, its crop, and its windows to the last bit") {
  if (absent(shared + "/golden/crop", "breast")) return;
  const auto cases = read_json(folder + "synth_cases.json");
  REQUIRE(cases.size() == 13);
  int windows = 0;
  for (const auto& one : cases) {
    CAPTURE(one["name"].get<std::string>());
    const cv::Mat image = read_image(folder + one["image"].get<std::string>());
    if (one.contains("exception")) {
      CHECK(code_of([&] { plan_breast_cut(image, {}, tags_of(one), parameters_of(one)); }) == "E_NO_TISSUE");
      continue;
    }
    check_crop(plan_breast_cut(image, {}, tags_of(one), parameters_of(one)), one);
    for (const auto& want : one["centers"]) {
      check_window(image, one, want, "window", "raw_uint16_sha256");
      ++windows;
    }
  }
  CHECK(windows == 33);
}

TEST_CASE("reference: every mammogram, its crop to the last bit, its windows, and their standardised values") {
  if (absent(shared + "/golden/crop", "breast") || absent(shared + "/data/mammograms/images", "breast")) return;
  int crops = 0, windows = 0, samples = 0;
  std::string read;
  cv::Mat image;
  for (const std::string list : {"real_GMIC.json", "real_breast_cancer_classifier.json"})
    for (const auto& one : read_json(folder + list)) {
      const std::string name = one["image"].get<std::string>();
      CAPTURE(name);
      CAPTURE(one["iterations"].get<int>());
      const std::string prefix = one["repo"] == "GMIC" ? "" : "bcc_";
      const std::string path = shared + "/data/mammograms/images/" + prefix + name + ".png";
      if (!std::filesystem::exists(path)) continue;
      if (read != path) image = read_image(read = path);
      REQUIRE(sha256(image) == one["input_sha256"].get<std::string>());
      breast_cut_parameters stored = parameters_of(one);
      stored.face_right = false;
      const breast_cut cut = plan_breast_cut(image, {}, tags_of(one), stored);
      check_crop(cut, one);
      CHECK(sha256(cut.of(image, 0)) == one["cropped_sha256"].get<std::string>());
      // These pictures have a background of 0, which is found too.
      if (crops % 5 == 0) CHECK(find_tissue(image).background == 0);
      ++crops;
      for (const auto& want : one.value("windows", nlohmann::json::array())) {
        const cv::Mat window = check_window(image, one, want, "size", "raw_window_sha256");
        const std::string file = folder + want["file"].get<std::string>() + "_strided.npy";
        ++windows;
        if (!std::filesystem::exists(file)) continue;
        check_samples(window, file);
        ++samples;
      }
    }
  CHECK(crops == 25);
  CHECK(windows == 14);
  CHECK(samples == 7);
}
