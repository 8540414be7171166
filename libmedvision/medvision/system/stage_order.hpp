// SPDX-License-Identifier: Apache-2.0
// Does every stage of a system find what it asks for?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "medvision/infer/card.hpp"
#include "medvision/system/case_in_hand.hpp"

namespace medvision {

/// Each stage finds what it asks for, made before it or in a file of the record, and nothing is made twice.
///   part     the card of a part by the name that stages call it. where: the system's card, for sentences.
///   returns  what files of the record must hold
///   throws   E_CARD (request) naming the stage: what it asks for is made later, in another kind, or is scores that no
///            stage makes; an answer of a name that is taken; regions chosen anew after something was said of them;
///            `over` against the part's card. E_OPTION: as region_words.
std::vector<wanted_answer> check_stages(const std::vector<card_stage>& stages,
                                        const std::function<const model_card*(const std::string&)>& part,
                                        const std::string& where);

}  // namespace medvision
