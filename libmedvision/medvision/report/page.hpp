// SPDX-License-Identifier: Apache-2.0
// A study as one page: HTML that needs nothing but itself, no script, no network, and prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "medvision/report/cases.hpp"
#include "medvision/report/series.hpp"

namespace medvision {

/// The cases of a manifest: how many there are and failed, and those shown.
struct report_gallery {
  std::int64_t met = 0, failed = 0;
  std::string order;  ///< how they were chosen, for people: "as they come", "by measures.dice"
  std::vector<report_case> shown;
};

struct report_content {
  std::string title, version;
  std::vector<report_system> systems;
  std::optional<report_gallery> gallery;
};

/// The page. Everything that comes from a study, a record or the user is escaped, and the page forbids itself to load
/// or run anything, so that no name in a manifest can do more than be read. What was left out is said on it. Equal
/// content gives equal bytes. Throws what draw_curves and draw_hexagon throw.
std::string report_page(const report_content& content);

}  // namespace medvision
