// SPDX-License-Identifier: Apache-2.0
// The words of a user for what variants may be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "medvision/patch/augment.hpp"

namespace medvision {

struct augment_words {
  std::vector<double> rotate;      ///< degrees clockwise, each 0, 90, 180 or 270
  std::vector<std::string> flip;   ///< "left-right", "top-bottom"
  std::string translate;           ///< "20" pixels or "5%" of the side; empty: none
  std::vector<double> contrast;    ///< LOW,HIGH; empty: 1,1
  std::vector<double> saturation;  ///< the same
  std::int64_t seed = 0;
};

/// p with what the words say. Throws E_OPTION (request) for words that say nothing, as check_augment, and when every
/// variant would be the picture itself and no word says so (a rotation by 0).
augment_parameters with_words(augment_parameters p, const augment_words& words);

}  // namespace medvision
