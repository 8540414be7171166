// SPDX-License-Identifier: Apache-2.0
// What a picture or a region is like: its features by name, and its cluster with the exemplar.
#include "medvision/error.hpp"
#include "medvision/record/json_fields.hpp"
#include "medvision/record/record.hpp"
#include "medvision/record/said_fields.hpp"

namespace medvision {

namespace json_fields {

std::optional<cluster_info> cluster_of(const json& parent, const std::string& prefix) {
  const json* at = find(parent, "cluster");
  if (!at) return std::nullopt;
  constexpr std::int64_t most = 2147483647;
  cluster_info c{int(whole_of(*at, prefix + "cluster", 0, most)), ""};
  const std::string field = prefix + "exemplar";
  const json* e = find_object(parent, field, "exemplar");
  if (!e) return c;
  c.exemplar = text_of(need(*e, field, "id"), field + ".id");
  if (const json* v = find(*e, "roi")) c.exemplar_roi = int(whole_of(*v, field + ".roi", 0, most));
  if (const json* v = find(*e, "converged")) {
    if (!v->is_boolean()) wrong(field + ".converged", "true or false", *v);
    c.converged = v->get<bool>();
  }
  return c;
}

void put_cluster(json& parent, const cluster_info& c) {
  parent["cluster"] = c.cluster;
  json e = {{"id", c.exemplar}};
  if (c.exemplar_roi) e["roi"] = *c.exemplar_roi;
  if (!c.converged) e["converged"] = false;
  parent["exemplar"] = std::move(e);
}

}  // namespace json_fields

using namespace json_fields;

const feature_info& feature_named(const std::map<std::string, feature_info>& all, const std::string& name) {
  if (name.empty() && all.size() == 1) return all.begin()->second;
  if (const auto it = all.find(name); it != all.end()) return it->second;
  std::string names;
  for (const auto& [other, f] : all) names += (names.empty() ? "" : ", ") + other;
  throw error("E_RECORD", all.empty() ? "there are no features; med-infer makes them"
                          : name.empty()
                              ? fmt::format("there are {} features ({}): say which with --features", all.size(), names)
                              : fmt::format("there are no features '{}', but: {}", name, names));
}

std::optional<cluster_info> record::cluster() const { return cluster_of(doc_->json, ""); }

void record::set_cluster(const cluster_info& c) { put_cluster(doc_->json, c); }

}  // namespace medvision
