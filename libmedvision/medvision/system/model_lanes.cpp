// SPDX-License-Identifier: Apache-2.0
#include "medvision/system/model_lanes.hpp"

#include <fmt/format.h>

#include "medvision/infer/device.hpp"

namespace medvision {

model_lanes::model_lanes(const std::string& card_path, const model_options& options, int a_device) {
  model_options one = options;
  for (const std::string& device : each_device(options.session.device)) {
    one.session.device = device;
    for (int i = 0; i < a_device; ++i) lanes_.emplace_back(card_path, one);
  }
}

case_in_hand model_lanes::prepare(record& r, const image_limits& limits) const { return lanes_[0].prepare(r, limits); }

std::string model_lanes::kind(const case_in_hand& item) {
  std::string text;
  for (const inference& i : item.whole) text += fmt::format("{}x{} ", i.values.cols, i.values.rows);
  return text;
}

}  // namespace medvision
