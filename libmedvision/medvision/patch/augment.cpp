// SPDX-License-Identifier: Apache-2.0
// Numbers drawn by purpose, and the moves they stand for.
#include "medvision/patch/augment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <utility>

#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"
#include "medvision/patch/sample.hpp"

namespace medvision {
namespace {

// A purpose has its number, so that one option more changes nothing of the others.
enum purpose : std::uint64_t { turn, left_right, top_bottom, shift_x, shift_y, crop_x, crop_y, contrast, saturation };
constexpr std::uint64_t of_nodes = 0x6e6f646573;  // keeps the nodes' stream apart from the purposes'

struct dice {
  const augment_parameters& p;
  std::uint64_t index;

  [[nodiscard]] std::uint64_t below(std::uint64_t count, purpose k) const {
    return draw(p.seed, p.stream, index, k) % count;
  }
  [[nodiscard]] double between(const std::array<double, 2>& range, purpose k) const {
    return range[0] + (range[1] - range[0]) * double(draw(p.seed, p.stream, index, k) >> 11) * 0x1p-53;
  }
  [[nodiscard]] int shift(int side, purpose k) const {
    const double farthest = p.translate_is_share ? p.translate * side : p.translate;
    const auto most = std::int64_t(std::nearbyint(farthest));
    return int(std::int64_t(below(std::uint64_t(2 * most + 1), k)) - most);
  }
};

cv::Size turned_size(cv::Size size, int quarter_turns) {
  return quarter_turns % 2 == 0 ? size : cv::Size(size.height, size.width);
}

void check_range(const std::array<double, 2>& range, const char* what) {
  if (!(range[0] >= 0 && range[0] <= range[1] && range[1] <= 100))
    throw error(
        "E_OPTION",
        fmt::format("a {} from {} to {}: a lowest and a highest factor, 0 to 100, are taken", what, range[0], range[1]),
        blame::request);
}

}  // namespace

frame variant::step() const {
  const cv::Size turned = turned_size(picture, quarter_turns);
  frame f = rotation_frame(picture, quarter_turns);
  if (left_right) f = compose(f, flip_frame(turned, true));
  if (top_bottom) f = compose(f, flip_frame(turned, false));
  return compose(f, crop_frame(box.x, box.y));
}

void check_augment(const augment_parameters& p) {
  for (const int turns : p.quarter_turns)
    if (turns < 0 || turns > 3)
      throw error("E_OPTION", fmt::format("{} quarter turns, 0 to 3 are taken", turns), blame::request);
  if (!(p.translate >= 0 && p.translate <= (p.translate_is_share ? 1.0 : 100'000.0)))
    throw error("E_OPTION",
                fmt::format("shifts of {}, 0 to {} are taken", p.translate,
                            p.translate_is_share ? "the whole side" : "100000 pixels"),
                blame::request);
  if ((p.crop.width <= 0 || p.crop.height <= 0) && p.crop != cv::Size(0, 0))
    throw error("E_OPTION",
                fmt::format("a part of {}x{} pixels, positive sizes are needed", p.crop.width, p.crop.height),
                blame::request);
  check_range(p.contrast, "contrast");
  check_range(p.saturation, "saturation");
  check_elastic(p.elastic);
}

variant draw_variant(cv::Size picture, const augment_parameters& p, int index) {
  check_augment(p);
  if (picture.empty() || index < 0) throw error("E_SHAPE", "a picture that is not empty is needed");
  const dice chance{p, std::uint64_t(index)};
  variant v{picture};
  if (!p.quarter_turns.empty()) v.quarter_turns = p.quarter_turns[chance.below(p.quarter_turns.size(), turn)];
  v.left_right = p.left_right && chance.below(2, left_right) == 1;
  v.top_bottom = p.top_bottom && chance.below(2, top_bottom) == 1;
  const cv::Size turned = turned_size(picture, v.quarter_turns);
  // Moved to the right by dx: what was at x is at x + dx, so the box begins at -dx.
  v.box = {-chance.shift(turned.width, shift_x), -chance.shift(turned.height, shift_y), turned.width, turned.height};
  if (!p.crop.empty()) {
    const int free_x = turned.width - p.crop.width, free_y = turned.height - p.crop.height;
    if (free_x < 0 || free_y < 0)
      throw error("E_SHAPE", fmt::format("the picture is {}x{} as turned, {}x{} are to be cut from it", turned.width,
                                         turned.height, p.crop.width, p.crop.height));
    v.box = {v.box.x + int(chance.below(std::uint64_t(free_x) + 1, crop_x)),
             v.box.y + int(chance.below(std::uint64_t(free_y) + 1, crop_y)), p.crop.width, p.crop.height};
  }
  v.bent = draw_displacements(p.elastic, p.seed, p.stream ^ of_nodes, std::uint64_t(index));
  v.contrast = chance.between(p.contrast, contrast);
  v.saturation = chance.between(p.saturation, saturation);
  return v;
}

cv::Mat make_variant(const cv::Mat& image, const variant& v, border outside, bool labels) {
  if (image.empty() || image.size() != v.picture)
    throw error("E_SHAPE", fmt::format("{}x{} pixels, the variant is of {}x{}", image.cols, image.rows, v.picture.width,
                                       v.picture.height));
  cv::Mat moved = image;
  if (v.quarter_turns != 0) {
    constexpr cv::RotateFlags turns[] = {cv::ROTATE_90_CLOCKWISE, cv::ROTATE_180, cv::ROTATE_90_COUNTERCLOCKWISE};
    cv::Mat turned;
    cv::rotate(moved, turned, turns[v.quarter_turns - 1]);
    moved = turned;
  }
  if (v.left_right || v.top_bottom) {
    cv::Mat mirrored;
    cv::flip(moved, mirrored, v.left_right && v.top_bottom ? -1 : v.left_right ? 1 : 0);
    moved = mirrored;
  }
  return bend(cut_patch(moved, v.box, outside, std::int64_t(image.total())), v.bent, outside, labels);
}

std::vector<cv::Rect2d> move_boxes(const std::vector<cv::Rect2d>& boxes, const variant& v) {
  const frame to_variant = invert(v.step());
  const cv::Rect2d all(0, 0, v.box.width, v.box.height);
  std::vector<cv::Rect2d> moved;
  for (const cv::Rect2d& b : boxes) moved.push_back(map_box(to_variant, b) & all);
  return bend_boxes(moved, v.bent, v.box.size());
}

}  // namespace medvision
