// SPDX-License-Identifier: Apache-2.0
// Open addressing with linear search, at most three quarters full.
#include "cli/runtime/id_set.hpp"

namespace medvision::cli {
namespace {

// The first place with `h`, or the free one where it belongs. The last letter of a text reaches few bits of its hash,
// so they are spread by the golden ratio.
wide_hash& place_of(std::vector<wide_hash>& cells, const wide_hash& h) {
  const std::size_t last = cells.size() - 1;
  std::size_t at = (((h.low ^ h.high) * 0x9E3779B97F4A7C15ULL) >> 32) & last;
  while (cells[at] != wide_hash{} && cells[at] != h) at = (at + 1) & last;
  return cells[at];
}

}  // namespace

// The prime is 2^88 + 0x13B, so a product is one by 0x13B and a shift.
wide_hash fnv1a_128(std::string_view bytes) {
  constexpr std::uint64_t factor = 0x13B, half = 0xFFFFFFFF;
  wide_hash h{0x62b821756295c58dULL, 0x6c62272e07bb0142ULL};
  for (const char byte : bytes) {
    h.low ^= static_cast<unsigned char>(byte);
    const std::uint64_t below = (h.low & half) * factor, above = (h.low >> 32) * factor + (below >> 32);
    h.high = h.high * factor + (above >> 32) + (h.low << 24);
    h.low = (above << 32) | (below & half);
  }
  return h;
}

void id_set::grow(part& p) {
  std::vector<wide_hash> larger(p.cells.empty() ? 16 : 2 * p.cells.size());
  for (const wide_hash& h : p.cells)
    if (h != wide_hash{}) place_of(larger, h) = h;
  p.cells = std::move(larger);
}

bool id_set::insert(std::string_view id) {
  wide_hash h = fnv1a_128(id);
  if (h == wide_hash{}) h.low = 1;
  part& p = parts_[h.low % parts];
  if (4 * (p.used + 1) > 3 * p.cells.size()) grow(p);
  wide_hash& place = place_of(p.cells, h);
  if (place == h) return false;
  place = h;
  ++p.used;
  return true;
}

}  // namespace medvision::cli
