// SPDX-License-Identifier: Apache-2.0
// One model, several times over: on each GPU, and more than once on a device that one network does not fill.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "medvision/system/staged_model.hpp"

namespace medvision {

/// A lane is a staged_model of its own, with a copy of the weights; what it says of a case does not depend on which.
class model_lanes {
 public:
  /// options.session.device: what each_device takes. a_device: lanes on each of them, at least 1.
  /// Throws as staged_model and each_device.
  model_lanes(const std::string& card_path, const model_options& options, int a_device);

  [[nodiscard]] int count() const { return int(lanes_.size()); }
  /// As staged_model; the devices are of one kind.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> identity() const { return lanes_[0].identity(); }
  [[nodiscard]] case_in_hand prepare(record& r, const image_limits& limits) const;
  /// Cases of one kind can share passes: their pictures have the same sizes where the network takes them whole.
  [[nodiscard]] static std::string kind(const case_in_hand& item);
  /// As staged_model::forward; one thread at a time in a lane.
  void forward(std::span<case_in_hand* const> items, int lane) { lanes_.at(std::size_t(lane)).forward(items); }

 private:
  std::vector<staged_model> lanes_;
};

}  // namespace medvision
