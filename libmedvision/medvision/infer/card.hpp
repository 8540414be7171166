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

#include "medvision/infer/card_ports.hpp"
#include "medvision/infer/card_stage.hpp"

namespace medvision {

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
  std::optional<card_patch> patch;
  std::map<std::string, card_threshold> thresholds;
  std::map<std::string, double> tolerances;  ///< by "cpu", "cuda", "cuda-fp16"; absent: not to be run there
  std::map<std::string, int> layers_on_cpu;  ///< by "cuda", "cuda-fp16": layers that may go back to the CPU, else 0
  std::optional<card_self_test> self_test;
  std::vector<card_stage> stages;  ///< of a system, which has none of inputs, outputs, onnx; empty: one network
  std::vector<std::string> keep;   ///< of a system: maps and features that are written
  std::string path, card_sha256;   ///< where the card was read, and the hash of its bytes

  [[nodiscard]] bool takes_regions() const { return inputs.size() == 1 && inputs[0].from == "roi"; }
  [[nodiscard]] bool takes_features() const { return !inputs.empty() && !inputs[0].feature().empty(); }
};

}  // namespace medvision
