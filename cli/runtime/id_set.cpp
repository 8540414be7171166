// SPDX-License-Identifier: Apache-2.0
// Open addressing with linear search, at most four fifths full, growing by half.
#include "cli/runtime/id_set.hpp"

namespace medvision::cli {

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

// The first place with `h`, or the free one where it belongs. The last letter of a text reaches few bits of its hash,
// so they are spread by the golden ratio.
id_set::cell& id_set::place_of(std::vector<cell>& cells, const cell& h) {
  const std::uint64_t mixed = ((std::uint64_t{h.a} << 32 | h.b) ^ h.c) * 0x9E3779B97F4A7C15ULL;
  std::size_t at = std::size_t(((mixed >> 32) * cells.size()) >> 32);
  while (cells[at] != cell{} && cells[at] != h) at = at + 1 == cells.size() ? 0 : at + 1;
  return cells[at];
}

void id_set::grow(part& p) {
  std::vector<cell> larger(p.cells.size() + p.cells.size() / 2);
  for (const cell& h : p.cells)
    if (h != cell{}) place_of(larger, h) = h;
  p.cells = std::move(larger);
}

// First sizes from 16 to 24, so that the parts' next growths spread over the whole of a step.
id_set::id_set() {
  for (std::size_t i = 0; i < parts; ++i) parts_[i].cells.resize(16 + 8 * i / parts);
}

bool id_set::insert(std::string_view id) {
  const wide_hash wide = fnv1a_128(id);
  cell h{std::uint32_t(wide.low >> 32), std::uint32_t(wide.high), std::uint32_t(wide.high >> 32)};
  if (h == cell{}) h.a = 1;
  part& p = parts_[wide.low % parts];
  if (5 * (p.used + 1) > 4 * p.cells.size()) grow(p);
  cell& place = place_of(p.cells, h);
  if (place == h) return false;
  place = h;
  ++p.used;
  return true;
}

}  // namespace medvision::cli
