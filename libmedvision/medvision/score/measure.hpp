// SPDX-License-Identifier: Apache-2.0
// What a score says: a number, or that there is none, and why.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace medvision {

struct measure {
  std::string name;
  std::optional<double> value;
  std::string why;  ///< the reason when there is no value, else empty
};

using measures = std::vector<measure>;

/// numerator / denominator under `name`; where the denominator is 0, no value, because of `why`.
inline measure ratio_measure(std::string name, double numerator, double denominator, std::string why) {
  if (denominator == 0) return {std::move(name), std::nullopt, std::move(why)};
  return {std::move(name), numerator / denominator, {}};
}

}  // namespace medvision
