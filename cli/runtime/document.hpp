// SPDX-License-Identifier: Apache-2.0
// What a declaration reads like: on a terminal, as a man page, as a page of the reference. And JSON for reports.
#pragma once

#include <string>

#include "cli/runtime/command.hpp"

namespace medvision::cli {

std::string help_text(const command& program);
std::string help_man(const command& program);
std::string help_markdown(const command& program);
/// The table of the options every program has, once for the whole reference page.
std::string help_markdown_common(const command& program);

/// The version of this build of medvision.
std::string version();
/// Of medvision and the libraries underneath, for --version.
std::string version_text(const command& program);

}  // namespace medvision::cli
