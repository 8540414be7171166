// SPDX-License-Identifier: Apache-2.0
// What does a model want, and what does it say? The words of its card: preprocessing belongs to the model, never to
// C++.
#pragma once

#include <cstdint>
#include <map>
#include <opencv2/core/types.hpp>
#include <optional>
#include <string>
#include <vector>

namespace medvision {

/// What lies beyond a picture's edge: 0, or the picture mirrored without repeating the edge pixel.
enum class padding { mirror, zero };

struct card_input {
  std::string name;                     ///< of the network's input
  std::string from = "image";           ///< "image", "roi", "features.NAME", "rois.features.NAME"
  cv::Size size;                        ///< the picture is resized to it; 0x0: any size goes in
  int multiple = 1;                     ///< any size: padded at the right and bottom to the next multiple, 1 to 1024
  int channels = 1;                     ///< 1 or 3
  std::string order = "gray";           ///< "gray", "rgb", "bgr"
  std::string depth;                    ///< "u8", "u16", "f32": the only depth `scale` is meant for; empty: any
  double scale = 1;                     ///< network value = (pixel * scale - mean) / std, a channel
  std::vector<double> mean{0}, std{1};  ///< 1 or `channels` values, in the network's order; std > 0
  bool standardize = false;             ///< then minus the picture's mean, over max(its standard deviation, 1e-5)
  double fov_width = 0;                 ///< pixels the larger side of the field of view becomes; 0: no scaling
  padding pad = padding::mirror;        ///< what `multiple` fills with
};

struct card_output {
  std::string name, kind = "map";    ///< kind: "map", "features", "scores"
  std::vector<std::string> classes;  ///< a name a channel (map) or value (scores)
  std::string activation = "none";   ///< what the network ends in: "none", "sigmoid", "softmax"; nothing is added
};

/// How a picture larger than `size` goes through.
struct card_tile {
  cv::Size size;                  ///< of the network's input, pixels
  int overlap = 0;                ///< pixels that neighbours share, 0 to size - 1
  int margin = 0;                 ///< pixels by which the output is smaller on each side (valid convolutions)
  padding pad = padding::mirror;  ///< what lies beyond the picture
  bool mean = false;              ///< false: the nearest tile's value alone; true: the mean of all tiles there
};

struct card_threshold {
  double value = 0.5;
  std::string chosen;
};

struct card_expectation {
  std::vector<int> shape;
  std::vector<std::pair<std::vector<int>, double>> samples;
  double mean = 0;
};

/// Input recipe "ramp": pixel(c, y, x) = (7x + 13y + 31c + (x y) mod 17) mod 256, c in the network's order.
struct card_self_test {
  cv::Size size;
  std::map<std::string, card_expectation> expect;
  double tolerance = 1e-4;
};

struct model_card {
  std::string name, version, onnx, sha256, source, licence, citation, notice;
  std::vector<card_input> inputs;
  std::vector<card_output> outputs;
  std::optional<card_tile> tile;
  std::map<std::string, card_threshold> thresholds;
  std::map<std::string, double> tolerances;  ///< by "cpu", "cuda", "cuda-fp16"; absent: not to be run there
  std::optional<card_self_test> self_test;
  int stages = 0;                 ///< how many are declared
  std::string path, card_sha256;  ///< where the card was read, and the hash of its bytes
};

}  // namespace medvision
