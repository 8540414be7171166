// SPDX-License-Identifier: Apache-2.0
// How does a picture that is too large for one pass go through a network? In overlapping tiles.
#pragma once

#include <functional>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "medvision/infer/card.hpp"

namespace medvision {

struct tiling_parameters {
  card_tile tile;           ///< size, overlap, margin, what lies beyond the picture, and how tiles are blended
  int multiple = 1;         ///< crop blend: tiles begin at multiples of it, so that pooling falls on the same pixels
  bool fixed_size = false;  ///< false: a tile is never larger than the picture (plus margin, next multiple) needs
  int batch = 1;            ///< tiles a pass, at least 1
};

/// Throws E_TILE (request) for a size that is no multiple. What else makes tiles impossible depends on the picture.
void check_tile(const tiling_parameters& p);

/// One pass over a batch of tiles, H×W of one size and type. Returns a blob an output, N×C×h×w, 32F.
using tile_pass = std::function<std::vector<cv::Mat>(const std::vector<cv::Mat>& tiles)>;

/// True when the picture takes more than one tile, or a mean over tiles was asked for.
bool needs_tiles(cv::Size picture, const tiling_parameters& p);

/// A finished output, and the pixels of the picture that one of its cells covers.
struct tiled_map {
  cv::Mat values;
  cv::Size cell;
};

/// Runs `pass` over all tiles and puts their outputs together.
/// A tile's output answers for the tile less `margin` on each side. With the crop blend a cell is taken from the tile
/// whose centre is nearest, tiles overlap by at least `overlap` and the last ones end at the picture's edge: where the
/// overlap is twice the reach of the network, the result is that of one pass. With the mean blend tiles lie exactly
/// size - 2 margin - overlap apart, the picture is continued at the right and bottom until they fit, and a cell is the
/// mean over all tiles there. The last batch is filled up with its last tile, so that the network sees one shape.
///   picture  H×W, 1 or 3 channels, 32F.
///   returns  an output of `pass` each: values C×ceil(H/r)×ceil(W/r), 32F, where r is the whole number of pixels that a
///            cell is wide, and high.
///   throws   as check_tile; E_TILE (request): an overlap that leaves no step. E_SHAPE (request): an output that is no
///            map, or whose cells do not fit the tiles. What `pass` throws.
///   memory   one map an output, the sums of the rows that are open, and one batch.
///   source   Ronneberger, Fischer, Brox: U-Net, MICCAI 2015, section 2 (overlap-tile, mirrored borders); the mean over
///            tiles is how retina-unet was published.
std::vector<tiled_map> infer_in_tiles(const cv::Mat& picture, const tiling_parameters& p, const tile_pass& pass);

}  // namespace medvision
