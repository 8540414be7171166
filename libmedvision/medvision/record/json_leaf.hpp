// SPDX-License-Identifier: Apache-2.0
// The leaves of JSON text: strings and numbers. For the record room only: it shows the JSON library's types.
#pragma once

#include <string>

#include "medvision/record/json_text.hpp"

namespace medvision {

/// The string that begins with the quotation mark at `at` is appended to `out`, and `at` is put behind it. False for
/// what is none, control characters and all that is not UTF-8 among it.
bool read_string(const char*& at, const char* end, std::string& out);

/// The number at `at`, of the type that the JSON library gives it: whole without sign, whole with one, and all others,
/// also those too large for these, as double. False for what is none, and for one that a double cannot hold.
bool read_number(const char*& at, const char* end, ordered_json& out);

}  // namespace medvision
