// SPDX-License-Identifier: Apache-2.0
// Thinning by a table of neighbourhoods and a list of pixels to look at.
#include "medvision/score/skeleton.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "medvision/error.hpp"

namespace medvision {
namespace {

void check(const cv::Mat& mask) {
  if (mask.dims != 2 || mask.type() != CV_8U)
    throw error("E_SHAPE",
                fmt::format("a mask of one channel of 8 bit is needed, {} was met", cv::typeToString(mask.type())));
}

/// Bits 0 to 7 of a code: north, north-east, east, … north-west (P2 to P9 of the paper).
/// Bit 0 of an entry: the first pass erases such a pixel; bit 1: the second does.
constexpr std::array<std::uint8_t, 256> make_table() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned code = 0; code < 256; ++code) {
    const auto p = [code](unsigned i) { return (code >> i) & 1U; };
    unsigned rises = 0;
    for (unsigned i = 0; i < 8; ++i) rises += !p(i) && p((i + 1) % 8);
    const int neighbours = std::popcount(code);
    if (neighbours < 2 || neighbours > 6 || rises != 1) continue;
    const unsigned north = p(0), east = p(2), south = p(4), west = p(6);
    if (!(north & east & south) && !(east & south & west)) table[code] |= 1;
    if (!(north & east & west) && !(north & south & west)) table[code] |= 2;
  }
  return table;
}
constexpr std::array<std::uint8_t, 256> erasable = make_table();

/// The mask with one ring of zeros around it, as 0 and 1, and the offsets of the eight neighbours in it.
struct ringed {
  std::vector<std::uint8_t> on;
  std::array<std::ptrdiff_t, 8> step;
  std::ptrdiff_t width;

  explicit ringed(const cv::Mat& mask) : on(std::size_t(mask.rows + 2) * (mask.cols + 2)), width(mask.cols + 2) {
    for (int y = 0; y < mask.rows; ++y)
      for (int x = 0; x < mask.cols; ++x) on[(y + 1) * width + x + 1] = mask.ptr(y)[x] != 0;
    step = {-width, 1 - width, 1, width + 1, width, width - 1, -1, -width - 1};
  }
  unsigned code(std::ptrdiff_t at) const {
    unsigned c = 0;
    for (unsigned i = 0; i < 8; ++i) c |= unsigned(on[at + step[i]]) << i;
    return c;
  }
};

std::vector<std::ptrdiff_t> border_pixels(const ringed& r) {
  std::vector<std::ptrdiff_t> found;
  for (std::ptrdiff_t at = r.width; at + r.width < std::ptrdiff_t(r.on.size()); ++at)
    if (r.on[at] && r.code(at) != 255) found.push_back(at);
  return found;
}

/// Thinning leaves stairs on slanted lines. A corner of a stair goes when its two neighbours touch without it.
cv::Mat without_stairs(const cv::Mat& skeleton) {
  cv::Mat lines;
  cv::copyMakeBorder(skeleton, lines, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  for (int y = 1; y + 1 < lines.rows; ++y) {
    const uchar *above = lines.ptr(y - 1), *below = lines.ptr(y + 1);
    uchar* p = lines.ptr(y);
    for (int x = 1; x + 1 < lines.cols; ++x) {
      if (!p[x]) continue;
      const bool n = above[x], s = below[x], w = p[x - 1], e = p[x + 1];
      const bool corner = (n && e && !s && !w && !below[x - 1]) || (n && w && !s && !e && !below[x + 1]) ||
                          (s && e && !n && !w && !above[x - 1]) || (s && w && !n && !e && !above[x + 1]);
      if (corner) p[x] = 0;
    }
  }
  return lines;
}

}  // namespace

cv::Mat skeletonize(const cv::Mat& mask) {
  check(mask);
  ringed r(mask);
  std::vector<std::ptrdiff_t> watched = border_pixels(r), kept, erased;
  std::vector<std::uint8_t> listed(r.on.size());
  for (std::ptrdiff_t at : watched) listed[at] = 1;
  // A pixel that neither pass can erase is forgotten until one of its neighbours goes.
  for (unsigned pass = 0; !watched.empty(); pass ^= 1) {
    kept.clear();
    erased.clear();
    for (std::ptrdiff_t at : watched) {
      const std::uint8_t by = erasable[r.code(at)];
      if (by >> pass & 1)
        erased.push_back(at);
      else if (by)
        kept.push_back(at);
      else
        listed[at] = 0;
    }
    for (std::ptrdiff_t at : erased) r.on[at] = 0;
    for (std::ptrdiff_t at : erased)
      for (std::ptrdiff_t s : r.step)
        if (r.on[at + s] && !listed[at + s]) {
          listed[at + s] = 1;
          kept.push_back(at + s);
        }
    watched.swap(kept);
  }
  cv::Mat out(mask.size(), CV_8U);
  for (int y = 0; y < mask.rows; ++y)
    for (int x = 0; x < mask.cols; ++x) out.ptr(y)[x] = r.on[(y + 1) * r.width + x + 1] ? 255 : 0;
  return out;
}

double skeleton_length(const cv::Mat& lines, const frame& to_source) {
  check(lines);
  const cv::Mat skeleton = without_stairs(lines);
  std::int64_t across = 0, down = 0, falling = 0, rising = 0;
  for (int y = 0; y < skeleton.rows; ++y) {
    const uchar* p = skeleton.ptr(y);
    const uchar* below = y + 1 < skeleton.rows ? skeleton.ptr(y + 1) : nullptr;
    for (int x = 0; x < skeleton.cols; ++x) {
      if (!p[x]) continue;
      const bool east = x + 1 < skeleton.cols && p[x + 1], west = x > 0 && p[x - 1];
      const bool south = below && below[x];
      across += east;
      down += south;
      if (!below || south) continue;
      falling += x + 1 < skeleton.cols && below[x + 1] && !east;
      rising += x > 0 && below[x - 1] && !west;
    }
  }
  const auto& m = to_source.m;
  return double(across) * std::hypot(m[0], m[3]) + double(down) * std::hypot(m[1], m[4]) +
         double(falling) * std::hypot(m[0] + m[1], m[3] + m[4]) + double(rising) * std::hypot(m[1] - m[0], m[4] - m[3]);
}

}  // namespace medvision
