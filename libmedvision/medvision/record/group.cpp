// SPDX-License-Identifier: Apache-2.0
// Keys of groups, and what their members share.
#include "medvision/record/group.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "medvision/error.hpp"
#include "medvision/record/json_fields.hpp"

namespace medvision {

using namespace json_fields;

namespace {

const json* member_of(const json& record, const char* group, const std::string& name) {
  const json* all = find(record, group);
  return all && all->is_object() ? find(*all, name.c_str()) : nullptr;
}

/// Its name among the members of its group.
std::string name_by(const record& member, const std::vector<std::string>& fields) {
  std::string name;
  for (const std::string& field : fields) {
    const std::string value = member.text(field).value_or("");
    if (value.empty())
      throw error("E_GROUP", fmt::format("the member '{}' has no '{}' to name its features by", member.id(), field));
    if (!name.empty()) name += '_';
    for (const char c : value) {
      const char low = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
      name += (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') ? low : '_';
    }
  }
  return name;
}

}  // namespace

std::string group_key(const record& r, const std::vector<std::string>& fields) {
  std::string key;
  for (const std::string& field : fields) {
    const std::string value = r.text(field).value_or("");
    if (value.empty()) throw error("E_GROUP", fmt::format("the record has no '{}' to be grouped by", field));
    if (fields.size() > 1 && value.find('/') != std::string::npos)
      throw error("E_GROUP", fmt::format("'{}' is '{}': with several fields no value may hold a '/'", field, value));
    key += (key.empty() ? "" : "/") + value;
  }
  return key;
}

std::map<int, std::string> region_keys(const record& r, const std::string& field) {
  if (!r.text("rois")) throw error("E_RECORD", "the record has no rois; [] says that nothing was found");
  std::map<int, std::string> keys;
  const std::vector<roi> regions = r.rois();
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (regions[i].repeat) continue;
    const std::string value = field.empty() ? "" : r.roi_text(i, field).value_or("");
    if (value.empty() && !field.empty())
      throw error("E_GROUP", fmt::format("region {} of the record has no '{}' to be grouped by", i, field));
    keys.emplace(int(i), value);
  }
  return keys;
}

member_features parse_member_features(std::vector<std::string> words) {
  if (words.empty()) return {};
  const std::size_t colon = words[0].find(':');
  const std::string name = words[0].substr(0, colon);
  words[0] = colon == std::string::npos ? "" : words[0].substr(colon + 1);
  const bool said = std::none_of(words.begin(), words.end(), [](const std::string& field) { return field.empty(); });
  if (name.empty() || !said)
    throw error("E_OPTION",
                fmt::format("features '{}:{}', expected NAME:FIELD,... as in vector:tags.side,tags.view", name,
                            fmt::join(words, ",")),
                blame::request);
  return {name, std::move(words)};
}

std::map<std::string, feature_info> collect_features(const std::vector<record>& members, const member_features& which) {
  std::map<std::string, feature_info> all;
  if (which.name.empty()) return all;
  std::map<std::string, std::string> owners;
  for (const record& member : members) {
    const auto features = member.features();
    const auto found = features.find(which.name);
    if (found == features.end()) {
      std::string names;
      for (const auto& [other, f] : features) names += (names.empty() ? "" : ", ") + other;
      throw error("E_GROUP", fmt::format("the member '{}' has no features '{}'; it has: {}", member.id(), which.name,
                                         names.empty() ? "none" : names));
    }
    const std::string own = name_by(member, which.fields);
    if (const auto [at, fresh] = owners.try_emplace(own, member.id()); !fresh)
      throw error("E_GROUP", fmt::format("the members '{}' and '{}' are both '{}'", at->second, member.id(), own));
    all.emplace(own, found->second);
  }
  return all;
}

group_info count_missing(group_info g, int expected) {
  g.missing = expected - g.n - g.failed;
  if (*g.missing < 0)
    throw error("E_GROUP", fmt::format("the group has {} members, {} are expected", g.n + g.failed, expected));
  return g;
}

std::optional<group_info> record::group() const {
  const json* g = find_object(doc_->json, "group", "group");
  if (!g) return std::nullopt;
  constexpr std::int64_t most = 2147483647;
  group_info out{int(whole_of(need(*g, "group", "n"), "group.n", 0, most)),
                 int(whole_of(need(*g, "group", "failed"), "group.failed", 0, most)), std::nullopt};
  if (const json* m = find(*g, "missing"); m && !m->is_array())
    out.missing = int(whole_of(*m, "group.missing", 0, most));
  return out;
}

void record::set_group(const group_info& g) {
  doc_->json["group"] = {{"n", g.n}, {"failed", g.failed}};
  if (g.missing) doc_->json["group"]["missing"] = *g.missing;
}

std::vector<std::string> record::take_shared(const std::vector<record>& members) {
  std::vector<std::string> differing;
  if (members.empty()) return differing;
  const json& first = members.front().doc_->json;
  const auto agree = [&](auto get) {
    return std::all_of(members.begin(), members.end(), [&](const record& m) {
      const json *here = get(m.doc_->json), *there = get(first);
      return (here == nullptr) == (there == nullptr) && (here == nullptr || *here == *there);
    });
  };
  for (const char* group : {"tags", "labels"})
    for (const record& m : members)
      if (const json* all = find_object(m.doc_->json, group, group))
        for (auto it = all->begin(); it != all->end(); ++it) {
          const std::string name = it.key();
          if (agree([&](const json& j) { return member_of(j, group, name); }))
            doc_->json[group][name] = *it;
          else if (group == std::string_view("labels") &&
                   std::find(differing.begin(), differing.end(), name) == differing.end())
            differing.push_back(name);
        }
  if (agree([](const json& j) { return find(j, "steps"); })) take_steps(members.front());
  return differing;
}

}  // namespace medvision
