// SPDX-License-Identifier: Apache-2.0
// Grid, cut, pass, stitch.
#include "medvision/infer/tiling.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "medvision/error.hpp"
#include "medvision/patch/grid.hpp"
#include "medvision/patch/stitch.hpp"

namespace medvision {
namespace {

[[noreturn]] void refuse(const char* code, const std::string& sentence) { throw error(code, sentence, blame::request); }

int round_up(int length, int multiple) { return (length + multiple - 1) / multiple * multiple; }

/// Where tiles answer (in pixels of the picture) and how large their inputs are.
struct layout {
  patch_grid grid;  ///< of what tiles answer for
  cv::Size input;   ///< of each
};

layout lay_out(cv::Size picture, const tiling_parameters& p) {
  const int margin = p.tile.margin, m = p.multiple;
  const auto answer_of = [&](int input) { return input - 2 * margin; };
  cv::Size input = p.tile.size;
  check_tile(p);
  if (!p.fixed_size && !p.tile.mean)
    input = {std::min(input.width, round_up(picture.width + 2 * margin, m)),
             std::min(input.height, round_up(picture.height + 2 * margin, m))};
  const cv::Size answer{answer_of(input.width), answer_of(input.height)};
  const auto step = [&](int length) {
    const int wanted = length - p.tile.overlap;
    if (p.tile.mean) return wanted;
    // Where one tile is enough the step is never taken; elsewhere it is shortened to a multiple.
    return std::max(std::min(m, length), wanted / m * m);
  };
  const cv::Size stride{step(answer.width), step(answer.height)};
  if (answer.width < 1 || answer.height < 1 || stride.width < 1 || stride.height < 1 ||
      p.tile.overlap >= std::min(answer_of(p.tile.size.width), answer_of(p.tile.size.height)))
    refuse("E_TILE", fmt::format("a tile of {}x{} with a margin of {} and an overlap of {} leaves no step",
                                 p.tile.size.width, p.tile.size.height, margin, p.tile.overlap));
  grid_parameters g;
  g.size = answer;
  g.stride = stride;
  g.rule = p.tile.mean ? grid_rule::pad : grid_rule::flush;
  // Tiles that end at the picture's edge begin at a multiple only when the picture, too, is one.
  const cv::Size ground = p.tile.mean ? picture : cv::Size(round_up(picture.width, m), round_up(picture.height, m));
  return {make_grid(ground, g), input};
}

/// Puts one output together as its tiles come in.
class output_map {
 public:
  output_map(cv::Size picture, cv::Size answer, const cv::Mat& first, bool mean) {
    if (first.dims != 4) refuse("E_SHAPE", "an output that is no map cannot be put together from tiles");
    const int h = first.size[2], w = first.size[3];
    if (answer.width % w != 0 || answer.height % h != 0)
      refuse("E_SHAPE",
             fmt::format("a tile that answers for {}x{} pixels gives {}x{} cells, expected a whole number of "
                         "pixels a cell (is the card's margin right?)",
                         answer.width, answer.height, w, h));
    cell_ = {answer.width / w, answer.height / h};
    const cv::Size cells{(picture.width + cell_.width - 1) / cell_.width,
                         (picture.height + cell_.height - 1) / cell_.height};
    map_.emplace_back(cells, first.size[1], mean ? blend::mean : blend::crop);
  }

  /// box: what tile `n` of the blob answers for, in pixels.
  void add(const cv::Rect& box, const cv::Mat& blob, int n) {
    if (box.x % cell_.width != 0 || box.y % cell_.height != 0)
      refuse("E_SHAPE", fmt::format("a tile begins at ({}, {}), cells are {}x{} pixels: choose an overlap that fits",
                                    box.x, box.y, cell_.width, cell_.height));
    const int shape[] = {blob.size[1], blob.size[2], blob.size[3]};
    const cv::Mat one(3, shape, CV_32F, const_cast<float*>(blob.ptr<float>(n)));
    const int top = box.y / cell_.height;
    map_[0].close_rows_above(top);
    map_[0].add({box.x / cell_.width, top, shape[2], shape[1]}, one);
  }

  tiled_map finish() { return {map_[0].finish(), cell_}; }

 private:
  cv::Size cell_;
  std::vector<stitcher> map_;
};

}  // namespace

void check_tile(const tiling_parameters& p) {
  const cv::Size size = p.tile.size;
  if (!p.tile.mean && (size.width % p.multiple != 0 || size.height % p.multiple != 0))
    refuse("E_TILE",
           fmt::format("the tile is {}x{} pixels, expected multiples of {}", size.width, size.height, p.multiple));
}

bool needs_tiles(cv::Size picture, const tiling_parameters& p) {
  if (p.tile.mean) return true;
  return picture.width > p.tile.size.width - 2 * p.tile.margin ||
         picture.height > p.tile.size.height - 2 * p.tile.margin;
}

std::vector<tiled_map> infer_in_tiles(const cv::Mat& picture, const tiling_parameters& p, const tile_pass& pass) {
  const layout where = lay_out(picture.size(), p);
  const border outside = p.tile.pad == padding::mirror ? border::reflect : border::zero;
  std::vector<output_map> maps;
  const std::int64_t count = where.grid.count();
  for (std::int64_t first = 0; first < count; first += p.batch) {
    std::vector<cv::Mat> tiles;
    const std::int64_t last = std::min<std::int64_t>(first + p.batch, count);
    for (std::int64_t i = first; i < last; ++i) {
      const cv::Rect answer = where.grid.box(i);
      const cv::Point corner = answer.tl() - cv::Point(p.tile.margin, p.tile.margin);
      tiles.push_back(cut_patch(picture, {corner, where.input}, outside));
    }
    while (count > p.batch && tiles.size() < static_cast<std::size_t>(p.batch)) tiles.push_back(tiles.back());
    const std::vector<cv::Mat> blobs = pass(tiles);
    for (std::size_t o = 0; o < blobs.size(); ++o) {
      if (first == 0) maps.emplace_back(picture.size(), where.grid.size, blobs[o], p.tile.mean);
      for (std::int64_t i = first; i < last; ++i) maps[o].add(where.grid.box(i), blobs[o], static_cast<int>(i - first));
    }
  }
  std::vector<tiled_map> finished;
  for (output_map& m : maps) finished.push_back(m.finish());
  return finished;
}

}  // namespace medvision
