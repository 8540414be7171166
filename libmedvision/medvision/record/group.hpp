// SPDX-License-Identifier: Apache-2.0
// Which records belong together.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// The values of `fields` ("tags.patient", "labels.grade", "id") joined by '/'. Throws E_GROUP when one is absent or
/// empty, or, of several, holds a '/' itself: two groups might have one name.
std::string group_key(const record& r, const std::vector<std::string>& fields);

/// The value of `field` of each region by its place, those that repeat another one left out; an empty field: "" of
/// each. Throws E_RECORD when the record has no rois, E_GROUP when a region lacks the field.
std::map<int, std::string> region_keys(const record& r, const std::string& field);

/// Which features of its members a group has, and the fields of a member that name them there.
struct member_features {
  std::string name;
  std::vector<std::string> fields;
};

/// words: {"NAME:FIELD", "FIELD", ...}, as "vector:tags.side,tags.view" is split. No word: no features, an empty name.
/// Throws E_OPTION (request) for an empty name or field.
member_features parse_member_features(std::vector<std::string> words);

/// The features of each member by their names in the group: the values of the fields in small letters, what is neither
/// letter nor digit as '_', joined by '_'. Side L and view CC make "l_cc". None where no name
/// is said.
/// throws: E_GROUP when a field is absent or empty, when a member has no features of that name (the sentence names
/// those it has), or when two members make one name; the sentences name the members.
std::map<std::string, feature_info> collect_features(const std::vector<record>& members, const member_features& which);

/// With the number of members that never came, of those expected. Throws E_GROUP when there are more than expected.
group_info count_missing(group_info g, int expected);

}  // namespace medvision
