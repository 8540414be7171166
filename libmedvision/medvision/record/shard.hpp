// SPDX-License-Identifier: Apache-2.0
// Which part of a manifest is this program's? Parts keep the records of a patient together; see record::shard_hash.
#pragma once

#include <cstdint>
#include <string>

#include "medvision/record/record.hpp"

namespace medvision {

struct shard {
  std::uint64_t index = 0, count = 1;
  /// "I/N" with 0 <= I < N; throws E_OPTION (request), with a hint for N/N. Empty means everything.
  static shard parse(const std::string& text);
  [[nodiscard]] std::string text() const { return std::to_string(index) + "/" + std::to_string(count); }
  [[nodiscard]] bool has(const record& r) const { return count == 1 || r.shard_hash() % count == index; }
};

}  // namespace medvision
