// SPDX-License-Identifier: Apache-2.0
// JSON text in and out, strict both ways. For the record room only: it shows the JSON library's types.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace medvision {

/// Members keep the order they were met in, so that a record reads as its author wrote it.
using ordered_json = nlohmann::ordered_json;

/// One JSON text to a value. Throws E_JSON: not JSON (with the column), not UTF-8, nested deeper than 64, a member
/// given twice, a number beyond double.
ordered_json parse_json(std::string_view text);

/// A line and a column (bytes) of a file, from 1.
struct json_place {
  std::int64_t line = 1, column = 1;
};

/// The same by the JSON library alone: several times slower, and what parse_json is tested against. `begin`: where the
/// text stands in its file; places in sentences count from there.
ordered_json parse_json_simply(std::string_view text, const json_place& begin = {});

/// One line; numbers shortest round-trip (5.0 prints as 5, -0.0 as -0.0). Throws E_NONFINITE for NaN and infinity,
/// E_JSON for text that is not UTF-8. `sorted`: members in byte order.
std::string dump_json(const ordered_json& value, bool sorted = false);

}  // namespace medvision
