// SPDX-License-Identifier: Apache-2.0
// Positionals that are files of text under a name: NAME=FILE.
#pragma once

#include <string>
#include <vector>

namespace medvision::cli {

struct named_text {
  std::string name, path, text;
};

/// All bytes of each. "NAME=FILE" has that name; "FILE" that of the file without folder and extension, so has one with
/// a
/// '/' before its '='; "-", or no positional at all, is standard input, named "study".
/// throws (request): E_OPTION for an empty name and for one said twice, E_MISSING, E_READ, E_TOO_LARGE (1 GiB), and
/// when standard input is a terminal; E_READ (environment) when standard input breaks.
std::vector<named_text> read_named_texts(const std::vector<std::string>& positionals);

}  // namespace medvision::cli
