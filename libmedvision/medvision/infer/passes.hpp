// SPDX-License-Identifier: Apache-2.0
// How do fitted pictures go through a network? Padded, whole or in tiles, alone or in batches, plain or turned.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <vector>

#include "medvision/infer/card.hpp"
#include "medvision/infer/network.hpp"
#include "medvision/infer/symmetry.hpp"
#include "medvision/infer/tiling.hpp"

namespace medvision {

/// What came out for one picture. A map's values are C×h×w, features keep their shape less trailing ones, scores are C
/// numbers, all 32F; empty where tiles were taken and the output is no map. cell: the pixels (of what went in) that a
/// cell of a map covers.
struct answer {
  cv::Mat values;
  cv::Size2d cell{1, 1};
};
using answers = std::vector<answer>;  ///< an output of the card each

/// Owns a network and the way that pictures take through it.
class passes {
 public:
  /// tiles: nullopt for whole pictures. symmetries: the identity first. tolerance: by which a picture may differ in a
  /// batch and alone.
  passes(network net, model_card card, std::optional<tiling_parameters> tiles, std::vector<symmetry> symmetries,
         double tolerance);

  /// pictures: H×W of one size and type, 32F, as fit_picture gives them. fill: pictures, or tiles, that the network is
  /// shown at least, the last one again where there are fewer; nobody hears of the answers to those.
  /// returns: the answers of each, maps cut back to the picture, and the mean over the symmetries.
  /// throws: as network::forward and infer_in_tiles; E_BATCH (request) when the first batch of more than one gives a
  /// picture another answer than it gets alone; E_SHAPE (item) when a map cannot be turned back.
  std::vector<answers> run(const std::vector<cv::Mat>& pictures, int fill = 1);

  /// features: as the card's inputs, 32F. returns: the answers; scores over regions are all of them, one behind the
  /// other. throws: as network::forward.
  answers run_features(const std::vector<cv::Mat>& features);

 private:
  std::vector<cv::Mat> pass(std::vector<cv::Mat> pictures);
  void try_batch(const std::vector<cv::Mat>& pictures, const std::vector<cv::Mat>& together);
  std::vector<answers> run_whole(const std::vector<cv::Mat>& pictures);
  std::vector<answers> run_tiled(const std::vector<cv::Mat>& pictures);
  std::vector<answers> run_symmetries(const std::vector<cv::Mat>& pictures, bool tiled);

  network net_;
  model_card card_;
  std::optional<tiling_parameters> tiles_;
  std::vector<symmetry> symmetries_;
  double tolerance_;
  int margin_ = 0;
  std::size_t fill_ = 1;
  bool batch_tried_ = false;
};

}  // namespace medvision
