// SPDX-License-Identifier: Apache-2.0
// A known input, known answers.
#include "medvision/infer/self_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/infer/device.hpp"
#include "medvision/infer/model_card.hpp"

namespace medvision {
namespace {

struct verdict {
  double sample = 0, mean = 0;  ///< largest differences
  bool same_shape = true;
};

verdict compare(const network_output& output, const card_expectation& expected) {
  verdict v;
  const cv::Mat& got = output.values;
  std::vector<int> shape(got.size.p, got.size.p + got.dims);
  while (shape.size() > expected.shape.size() && shape.back() == 1) shape.pop_back();  // a cv::Mat has 2 axes or more
  v.same_shape = shape == expected.shape;
  if (!v.same_shape) return v;
  const float* values = got.ptr<float>();
  for (const auto& [index, value] : expected.samples) {
    std::size_t at = 0;
    for (std::size_t k = 0; k < index.size(); ++k)
      at = at * static_cast<std::size_t>(expected.shape[k]) + static_cast<std::size_t>(index[k]);
    v.sample = std::max(v.sample, std::abs(values[at] - value));
  }
  double sum = 0;
  for (std::size_t i = 0; i < got.total(); ++i) sum += values[i];
  v.mean = std::abs(sum / static_cast<double>(got.total()) - expected.mean);
  return v;
}

/// The tolerance that holds on this device: the self-test's own, or the device's where that is wider.
double tolerance_on(const session& s) {
  const std::string device = s.device_name();
  const auto stated = s.card().tolerances.find(device.substr(0, device.find(':')));
  const double own = s.card().self_test->tolerance;
  return device == "cpu" || stated == s.card().tolerances.end() ? own : std::max(own, stated->second);
}

}  // namespace

cv::Mat ramp_picture(cv::Size size, int channels) {
  std::vector<cv::Mat> planes;
  for (int c = 0; c < channels; ++c) {
    cv::Mat& plane = planes.emplace_back(size, CV_8U);
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        plane.at<uchar>(y, x) = static_cast<uchar>((7 * x + 13 * y + 31 * c + (x * y) % 17) % 256);
  }
  cv::Mat picture;
  cv::merge(planes, picture);
  return picture;
}

namespace {

/// Rows of the recipe over 255, at the size that the card says.
std::vector<std::vector<cv::Mat>> ramp_features(const model_card& card) {
  std::vector<std::vector<cv::Mat>> given;
  for (const card_input& input : card.inputs) {
    if (input.size.empty())
      throw error("E_CARD", fmt::format("{} has a self_test, but its input '{}' says no size", card.path, input.name),
                  blame::request);
    cv::Mat rows;
    ramp_picture(input.size, 1).convertTo(rows, CV_32F, 1.0 / 255);
    std::vector<cv::Mat>& all = given.emplace_back();
    if (!input.of_regions()) all.push_back(rows);
    for (int k = 0; input.of_regions() && k < rows.rows; ++k) all.push_back(rows.row(k));
  }
  return given;
}

/// What the recipe puts in. A region is the whole picture.
inference recipe_input(const session& s) {
  const model_card& card = s.card();
  if (card.takes_features()) return s.prepare_features(ramp_features(card));
  cv::Mat picture = ramp_picture(card.self_test->size, card.inputs[0].channels);
  // The recipe counts channels in the network's order, pictures come as blue, green, red.
  if (card.inputs[0].order == "rgb") cv::cvtColor(picture, picture, cv::COLOR_RGB2BGR);
  if (card.takes_regions()) return s.prepare_patch(s.normalize(picture));
  // A field of view of the card's own width leaves the recipe's size as it is.
  const double width = card.inputs[0].fov_width;
  return s.prepare(picture, width > 0 ? std::optional(cv::Rect2d(0, 0, width, width)) : std::nullopt);
}

/// One document for a system: those of its parts.
std::pair<std::string, bool> test_parts(const model_card& system, const std::string& device) {
  std::string parts;
  bool all = true;
  for (const std::string& part : parts_of(system)) {
    const auto [text, passed] = run_self_test(part_path(system, part), device);
    parts += (parts.empty() ? "" : ",") + text.substr(0, text.size() - 1);
    all = all && passed;
  }
  return {fmt::format(R"({{"card":"{}","parts":[{}],"passed":{}}})"
                      "\n",
                      system.name, parts, all),
          all};
}

}  // namespace

std::pair<std::string, bool> run_self_test(const std::string& card_path, const std::string& device) {
  if (const std::vector<std::string> all = each_device(device); all.size() > 1) {
    std::pair<std::string, bool> result{"", true};
    for (const std::string& one : all) {
      const auto [text, passed] = run_self_test(card_path, one);
      result = {result.first + text, result.second && passed};
    }
    return result;
  }
  if (const model_card system = load_card(card_path); !system.stages.empty()) return test_parts(system, device);
  session_options options;
  options.device = device;
  options.tile = "none";
  session s(card_path, options);
  const model_card& card = s.card();
  if (!card.self_test) throw error("E_CARD", fmt::format("{} has no self_test", card.path), blame::request);
  const card_self_test& test = *card.self_test;
  inference item = recipe_input(s);
  inference* const items[] = {&item};
  s.forward(items);

  const double tolerance = tolerance_on(s);
  bool all = true;
  std::string lines;
  for (const network_output& output : item.outputs) {
    const verdict v = compare(output, test.expect.at(output.name));
    const bool passed = v.same_shape && v.sample <= tolerance && v.mean <= tolerance;
    all = all && passed;
    lines +=
        fmt::format(R"({}"{}":{{"same_shape":{},"max_difference":{},"mean_difference":{},"tolerance":{},"passed":{}}})",
                    lines.empty() ? "" : ",", output.name, v.same_shape, v.sample, v.mean, tolerance, passed);
  }
  return {fmt::format(R"({{"card":"{}","sha256":"{}","device":"{}","engine":"{}","outputs":{{{}}},"passed":{}}})"
                      "\n",
                      card.name, card.sha256, s.device_name(), s.engine(), lines, all),
          all};
}

}  // namespace medvision
