// SPDX-License-Identifier: Apache-2.0
// What does this model say of these pictures? A card, its network on a device, and how pictures go through it.
#pragma once

#include <memory>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "medvision/infer/card.hpp"
#include "medvision/infer/inference.hpp"

namespace medvision {

struct session_options {
  /// "auto", "cpu", "cuda[:N]", "cuda-fp16[:N]"; auto is the CPU for a card that a GPU cannot run wholly.
  std::string device = "auto";
  int batch = 1;              ///< pictures of one size, tiles or regions of a picture a pass; 1 to 4096
  std::string tile = "card";  ///< "card", "none", "WxH" or "N" (NxN) pixels of the network's input
  int overlap = -1;           ///< pixels that tiles share; -1: the card's, or a quarter of the smaller side of --tile
  std::string tta = "none";   ///< "none", "flips", "dihedral": the mean over mirrored and turned pictures
  bool full_batches = false;  ///< fill up batches of pictures or tiles with the last; a GPU, which plans anew for each
                              ///< new shape, always does
};

class session {
 public:
  /// Loads card and model. card_path: card.json or its folder.
  /// Throws E_OPTION, E_CARD, E_MODEL, E_CHECKSUM, E_TILE, E_SHAPE (request), E_DEVICE (environment): see load_card,
  /// read_model, choose_device, network; E_CARD too for the card of a system, whose parts have sessions of their own,
  /// and for a network with more layers than the card allows that would go back from a GPU to the CPU.
  session(const std::string& card_path, const session_options& options);
  session(session&&) noexcept;
  ~session();

  [[nodiscard]] const model_card& card() const;
  /// The device that was chosen, "cpu" or "cuda:0".
  [[nodiscard]] std::string device_name() const;
  [[nodiscard]] static std::string engine();
  /// What results depend on, by name: card.sha256, model.sha256, device, engine.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> identity() const;
  /// True when prepare wants the field of view.
  [[nodiscard]] bool wants_field() const;

  /// picture: H×W, 1 or 3 channels (blue, green, red), 8U, 16U or 32F; field: of view, in its pixels. Safe on several
  /// threads at once. Throws as fit_picture.
  [[nodiscard]] inference prepare(const cv::Mat& picture, const std::optional<cv::Rect2d>& field = std::nullopt) const;

  /// Of a card that takes regions: the whole picture at its own size in the network's values, to cut patches from; and
  /// a patch of it. Safe on several threads at once. Throw as fit_picture.
  [[nodiscard]] cv::Mat normalize(const cv::Mat& picture) const;
  [[nodiscard]] inference prepare_patch(const cv::Mat& patch) const;

  /// Of a card that takes features: they, as its inputs. given: 32F, of any shape; of regions one a region.
  /// Throws E_SHAPE (item): features of another size, more regions than the card's, or less without repeat-last.
  [[nodiscard]] inference prepare_features(const std::vector<std::vector<cv::Mat>>& given) const;

  /// Fills in outputs. Pictures of one size share a pass, `together` of them (0: as many as the batch); that no answer
  /// depends on its neighbours is tried out on the first pass of more than one. One thread at a time. After a throw the
  /// same items may be given again, one by one. Throws as network::forward and infer_in_tiles, and E_BATCH (request)
  /// when a picture in a batch and alone get different answers.
  void forward(std::span<inference* const> items, int together = 0);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace medvision
