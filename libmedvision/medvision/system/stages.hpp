// SPDX-License-Identifier: Apache-2.0
// What the small programs do between two networks, done to a case in memory: the same library calls.
#pragma once

#include <vector>

#include "medvision/infer/card_stage.hpp"
#include "medvision/infer/session.hpp"
#include "medvision/patch/grid.hpp"
#include "medvision/select/regions.hpp"
#include "medvision/system/case_in_hand.hpp"

namespace medvision {

/// What a stage asks for, and what it makes, by name; of a network by its session's card. A stage "roi" makes regions.
std::vector<wanted_answer> wants_of(const card_stage& s, const model_card* part);
std::vector<wanted_answer> makes_of(const card_stage& s, const model_card* part);

/// One stage that is no network: "roi", "top-percent", "mean", "paste", "gate", "upsample". What it makes is added to
/// the case. Throws as find_regions, top_percent, fuse_scores, paste_maps, gate_scores, place_rows; E_RECORD for what
/// is not there.
void run_stage(const card_stage& s, case_in_hand& item);

/// The words of a stage "roi" as regions are looked for. Throws E_OPTION (request).
region_parameters region_words(const card_stage& s);

/// Networks over the regions of a case, all of one case at once unless `together` says how many.
///   picture  normalised; of it patches are cut as the card says, where region_boxes finds the regions.
///   from     the record whose current pixels the picture has: the case's, or at its source.
std::vector<held_answer> infer_regions(session& part, const cv::Mat& picture, const record& from, int together);

/// A network over features of the case.
std::vector<held_answer> infer_features(session& part, const case_in_hand& item);

}  // namespace medvision
