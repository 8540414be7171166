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

/// Takes 15 to 23 bytes an id, whatever its length, and one part's cells once more while it grows. That two different
/// ids of n are taken for one has the chance n²/2^103, since 102 bits tell them apart: 10^-13 for 10^9 ids.
class id_set {
 public:
  id_set();
  /// False when the id was there.
  bool insert(std::string_view id);

 private:
  /// 96 bits of the hash; six others choose the part. All 0 is a free cell.
  struct cell {
    std::uint32_t a = 0, b = 0, c = 0;
    bool operator==(const cell&) const = default;
  };
  struct part {
    std::vector<cell> cells;
    std::size_t used = 0;
  };
  static cell& place_of(std::vector<cell>& cells, const cell& h);
  static void grow(part& p);
  static constexpr std::size_t parts = 64;  // they grow one after the other, so that never all is held twice
  std::array<part, parts> parts_;
};

}  // namespace medvision::cli
