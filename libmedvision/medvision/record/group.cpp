// SPDX-License-Identifier: Apache-2.0
// Keys of groups, and what their members share.
#include "medvision/record/group.hpp"

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
