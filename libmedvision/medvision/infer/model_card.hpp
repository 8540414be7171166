// SPDX-License-Identifier: Apache-2.0
// Is this a card, and is that the model it speaks of? Cards and models are read here, and only whole ones leave.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "medvision/infer/card.hpp"

namespace medvision {

/// One card from its JSON text.
///   text     as card.schema.json says; at most 1 MiB. Members of the card itself that are unknown are passed over;
///            unknown ones of inputs, outputs and tile are refused, because a misspelt one would change results.
///   where    its name, for sentences.
///   returns  the card, defaults filled in; path is `where`.
///   throws   E_CARD (request): not JSON, a member absent, of the wrong type or out of range; the sentence holds the
///            member, the value met and what was expected.
model_card parse_card(std::string_view text, const std::string& where);

/// The card in a file, or card.json in a folder. Throws as parse_card, and E_CARD (request) when there is none.
model_card load_card(const std::string& path);

/// Of a system: the cards its stages name, each once, in the order of their first use; and one of them as load_card
/// takes it, beside the system's own.
std::vector<std::string> parts_of(const model_card& system);
std::string part_path(const model_card& system, const std::string& part);

/// The bytes of the card's model: one read, and the hash is taken of those very bytes.
///   throws   E_MODEL (request): absent (the sentence says where the card has it from), not a regular file, empty, over
///            2 GiB. E_CHECKSUM (request): its SHA-256 is not the card's.
std::string read_model(const model_card& card);

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

/// card.schema.json, as published.
std::string_view card_schema();

}  // namespace medvision
