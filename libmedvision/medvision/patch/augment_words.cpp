// SPDX-License-Identifier: Apache-2.0
// Degrees, ways to flip, shifts and ranges, read.
#include "medvision/patch/augment_words.hpp"

#include <fmt/format.h>

#include <charconv>

#include "medvision/error.hpp"

namespace medvision {
namespace {

int quarter_turns(double degrees) {
  for (int turns = 0; turns < 4; ++turns)
    if (degrees == 90.0 * turns) return turns;
  throw error("E_OPTION", fmt::format("a rotation of {} degrees; 0, 90, 180 and 270 are taken", degrees),
              blame::request);
}

std::array<double, 2> range_of(const std::vector<double>& numbers) {
  if (numbers.empty()) return {1, 1};
  if (numbers.size() != 2)
    throw error("E_OPTION", fmt::format("{} numbers; a lowest and a highest factor are taken", numbers.size()),
                blame::request);
  return {numbers[0], numbers[1]};
}

bool varies(const augment_parameters& p) {
  constexpr std::array<double, 2> none{1, 1};
  return !p.quarter_turns.empty() || p.left_right || p.top_bottom || p.translate > 0 || !p.crop.empty() ||
         p.elastic.sigma > 0 || p.contrast != none || p.saturation != none;
}

}  // namespace

augment_parameters with_words(augment_parameters p, const augment_words& words) {
  for (const double degrees : words.rotate) p.quarter_turns.push_back(quarter_turns(degrees));
  for (const std::string& way : words.flip) {
    if (way != "left-right" && way != "top-bottom")
      throw error("E_OPTION", fmt::format("\"{}\" is neither left-right nor top-bottom", way), blame::request);
    (way == "left-right" ? p.left_right : p.top_bottom) = true;
  }
  if (const std::string& text = words.translate; !text.empty()) {
    p.translate_is_share = text.ends_with('%');
    const char* end = text.data() + text.size() - int(p.translate_is_share);
    const auto [stop, fault] = std::from_chars(text.data(), end, p.translate);
    if (fault != std::errc() || stop != end)
      throw error("E_OPTION", fmt::format("\"{}\" is neither a number of pixels nor a share such as 5%", text),
                  blame::request);
    if (p.translate_is_share) p.translate /= 100;
  }
  p.contrast = range_of(words.contrast);
  p.saturation = range_of(words.saturation);
  p.seed = std::uint64_t(words.seed);
  check_augment(p);
  if (!varies(p))
    throw error("E_OPTION", "nothing is asked for; --rotate 0 says that pictures are to stay as they are",
                blame::request);
  return p;
}

}  // namespace medvision
