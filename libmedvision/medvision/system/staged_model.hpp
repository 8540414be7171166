// SPDX-License-Identifier: Apache-2.0
// What does this model say of these cases? One network, or a system of several that hand on what they found.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "medvision/infer/session.hpp"
#include "medvision/io/image_file.hpp"
#include "medvision/record/record.hpp"
#include "medvision/system/case_in_hand.hpp"

namespace medvision {

struct model_options {
  session_options session;
  std::string over = "image";     ///< of a card that takes regions "rois", else "image"
  std::vector<std::string> keep;  ///< of a system: these maps and features are written beside the card's; "all"
  int regions = 0;                ///< regions a pass; 0: all of a case
};

class staged_model {
 public:
  /// Loads every part. card_path: a card.json or its folder, of one network or of a system.
  /// Throws as session; E_CARD (request): a part that is a system, a stage that asks for what no stage before it makes
  /// in that kind, two answers of one name; E_OPTION (request): `over` or `keep` that does not go with the card, a
  /// system with test-time augmentation or tiles of the options.
  staged_model(const std::string& card_path, const model_options& options);
  staged_model(staged_model&&) noexcept;
  ~staged_model();

  /// What results depend on, by name: as session::identity; of a system with the part's name in front.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> identity() const;

  /// Reads what the stages will ask for: the picture once, the source where patches are cut from it, files of maps and
  /// features that the record names. Fills the record's size in. Safe on several threads at once.
  /// Throws as read_image, fit_picture, read_held; E_RECORD for regions that are not there.
  [[nodiscard]] case_in_hand prepare(record& r, const image_limits& limits) const;

  /// All stages, in order; pictures of several cases share a pass as session::forward says, regions of several cases
  /// never. One thread at a time. After a throw the same cases may be given again, one by one.
  void forward(std::span<case_in_hand* const> items);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace medvision
