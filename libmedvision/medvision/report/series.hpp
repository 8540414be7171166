// SPDX-License-Identifier: Apache-2.0
// What a report compares: the groups of each study, under the name of its system.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "medvision/record/study.hpp"

namespace medvision {

struct report_system {
  std::string name;
  study found;
};

/// One group of one system; points into the systems it was made of.
struct report_series {
  std::string name;  ///< the system's, and where its study was divided, what the group's cases share
  const study_group* group = nullptr;
  int look = 0;  ///< of look_of in draw/svg.hpp, by its place
};

std::vector<report_series> series_of(const std::vector<report_system>& systems);

/// The figure of a name, or null.
const study_figure* figure_named(const study_group& g, std::string_view name);

/// A number of a figure by its name; nothing where it is undefined or not there.
std::optional<double> number_named(const study_figure& f, std::string_view name);
bool has_number(const study_figure& f, std::string_view name);

/// What a figure is in one number: its `value`, else its `mean`; with the interval where there is one.
struct headline {
  std::optional<double> value, low, high;
};
/// Nothing for a figure that has neither.
std::optional<headline> headline_of(const study_figure& f);

/// "0.8123 (0.7900–0.8300)", or "–".
std::string for_reading(const headline& h);

/// A name for people: underscores as spaces, and a few in their usual spelling.
std::string in_words(std::string_view name);
/// With a capital letter in front.
std::string as_title(std::string words);

/// "vessel.fov.dice": what is before the last part, with its dot, and that part.
std::string first_parts(const std::string& name);
std::string last_part(const std::string& name);

/// "undefined", with its reason where there is one.
std::string undefined_note(const std::string& why);

/// Names in the order they are met over all series, each once. each(group, meet) calls meet(name).
std::vector<std::string> met_in_order(
    const std::vector<report_series>& series,
    const std::function<void(const study_group&, const std::function<void(const std::string&)>& meet)>& each);

}  // namespace medvision
