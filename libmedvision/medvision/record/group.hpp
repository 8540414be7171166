// SPDX-License-Identifier: Apache-2.0
// Which records belong together.
#pragma once

#include <string>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// The values of `fields` ("tags.patient", "labels.grade", "id") joined by '/'. Throws E_GROUP when one is absent or
/// empty, or, of several, holds a '/' itself: two groups might have one name.
std::string group_key(const record& r, const std::vector<std::string>& fields);

/// With the number of members that never came, of those expected. Throws E_GROUP when there are more than expected.
group_info count_missing(group_info g, int expected);

}  // namespace medvision
