// SPDX-License-Identifier: Apache-2.0
// A known input, known answers.
#include "medvision/infer/self_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"

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

std::pair<std::string, bool> run_self_test(const std::string& card_path, const std::string& device) {
  session_options options;
  options.device = device;
  options.tile = "none";
  session s(card_path, options);
  const model_card& card = s.card();
  if (!card.self_test) throw error("E_CARD", fmt::format("{} has no self_test", card.path), blame::request);
  const card_self_test& test = *card.self_test;
  cv::Mat picture = ramp_picture(test.size, card.inputs[0].channels);
  // The recipe counts channels in the network's order, pictures come as blue, green, red.
  if (card.inputs[0].order == "rgb") cv::cvtColor(picture, picture, cv::COLOR_RGB2BGR);
  // A field of view of the card's own width leaves the recipe's size as it is.
  const double width = card.inputs[0].fov_width;
  inference item = s.prepare(picture, width > 0 ? std::optional(cv::Rect2d(0, 0, width, width)) : std::nullopt);
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
