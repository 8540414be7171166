// SPDX-License-Identifier: Apache-2.0
// The ids met in a stream, of which there may be millions: their hashes alone.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace medvision::cli {

/// FNV-1a of 128 bits. Low and high halves.
struct wide_hash {
  std::uint64_t low = 0, high = 0;
  bool operator==(const wide_hash&) const = default;
};
wide_hash fnv1a_128(std::string_view bytes);

/// Takes 22 to 43 bytes an id, whatever its length. That two different ids of n are taken for one has the chance
/// n²/2^129: 10^-21 for 10^9 ids.
class id_set {
 public:
  /// False when the id was there.
  bool insert(std::string_view id);

 private:
  static constexpr std::size_t parts = 64;  // they grow one after the other, so that never all is held twice
  struct part {
    std::vector<wide_hash> cells;  // none, or a power of two; 0 is free
    std::size_t used = 0;
  };
  static void grow(part& p);
  std::array<part, parts> parts_;
};

}  // namespace medvision::cli
