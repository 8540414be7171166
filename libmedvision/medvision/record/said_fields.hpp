// SPDX-License-Identifier: Apache-2.0
// What is said of a picture and of each of its regions in the same words: maps, features, scores, a cluster. For the
// record room only.
#pragma once

#include <map>
#include <string>

#include "medvision/record/json_fields.hpp"

namespace medvision::json_fields {

/// The member `key` of a record or a region; field: its name in sentences. Throw E_RECORD for another type.
std::map<std::string, map_info> maps_of(const json& parent, const std::string& field);
std::map<std::string, feature_info> features_of(const json& parent, const std::string& field);
std::map<std::string, double> scores_of(const json& parent, const std::string& field);

/// The members `cluster` and `exemplar`; prefix: what stands before their names in sentences, "" or "rois.".
std::optional<cluster_info> cluster_of(const json& parent, const std::string& prefix);

json json_of(const map_info& m);
json json_of(const feature_info& f);
void put_cluster(json& parent, const cluster_info& c);

}  // namespace medvision::json_fields
