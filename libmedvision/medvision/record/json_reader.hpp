// SPDX-License-Identifier: Apache-2.0
// JSON text that is well, read fast. For the record room only: it shows the JSON library's types.
#pragma once

#include <optional>
#include <string_view>

#include "medvision/record/json_text.hpp"

namespace medvision {

/// One JSON text to the value that the JSON library makes of it, to the type of each number and the order of members.
/// nullopt for what parse_json refuses, and for a few things it takes (deeper than 60, a byte-order mark, a number that
/// rounds to 0): what is wrong with a text, and whether anything is, only parse_json says.
std::optional<ordered_json> read_json(std::string_view text);

}  // namespace medvision
