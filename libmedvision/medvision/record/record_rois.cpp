// SPDX-License-Identifier: Apache-2.0
// Regions of interest, and what is said of them and of the picture in the same words.
#include <set>
#include <string>

#include "medvision/error.hpp"
#include "medvision/record/json_fields.hpp"
#include "medvision/record/record.hpp"
#include "medvision/record/said_fields.hpp"

namespace medvision {

namespace json_fields {

namespace {
/// The last part of a field's name is its key: "maps" of the record, "rois.maps" of a region.
const json* find_all(const json& parent, const std::string& field) {
  return find_object(parent, field, field.substr(field.rfind('.') + 1).c_str());
}

std::optional<int> index_of(const json& object, const std::string& field) {
  const json* v = find(object, "index");
  return v ? std::optional(int(whole_of(*v, field + ".index", 0, 2147483647))) : std::nullopt;
}
}  // namespace

std::map<std::string, map_info> maps_of(const json& parent, const std::string& all_field) {
  std::map<std::string, map_info> out;
  const json* maps = find_all(parent, all_field);
  if (!maps) return out;
  for (auto it = maps->begin(); it != maps->end(); ++it) {
    const std::string field = all_field + "." + it.key();
    if (!it->is_object()) wrong(field, "an object", *it);
    map_info m;
    m.path = path_of(need(*it, field, "path"), field + ".path");
    const json& shape = need(*it, field, "shape");
    if (!shape.is_array() || shape.size() != 3) wrong(field + ".shape", "[C, H, W]", shape);
    for (std::size_t i = 0; i < 3; ++i) m.shape[i] = size_of(shape[i], field + ".shape");
    if (const json* c = find(*it, "classes")) {
      if (!c->is_array()) wrong(field + ".classes", "a list of names", *c);
      for (const json& n : *c) m.classes.push_back(text_of(n, field + ".classes"));
      const std::set<std::string> distinct(m.classes.begin(), m.classes.end());
      if (!m.classes.empty() && (distinct.size() != m.classes.size() || int(distinct.size()) != m.shape[0]))
        wrong(field + ".classes", "a name a channel, all of them different", *c);
    }
    m.to_source = frame_of(*it, field + ".frame", "frame");
    if (const json* t = find(*it, "threshold")) {
      if (!t->is_number()) wrong(field + ".threshold", "a number", *t);
      m.threshold = t->get<double>();
    }
    m.index = index_of(*it, field);
    out.emplace(it.key(), std::move(m));
  }
  return out;
}

std::map<std::string, feature_info> features_of(const json& parent, const std::string& all_field) {
  std::map<std::string, feature_info> out;
  const json* all = find_all(parent, all_field);
  if (!all) return out;
  for (auto it = all->begin(); it != all->end(); ++it) {
    const std::string field = all_field + "." + it.key();
    if (!it->is_object()) wrong(field, "an object", *it);
    feature_info f{path_of(need(*it, field, "path"), field + ".path"), {}, index_of(*it, field)};
    const json& shape = need(*it, field, "shape");
    if (!shape.is_array()) wrong(field + ".shape", "a list of sizes", shape);
    for (const json& n : shape) f.shape.push_back(size_of(n, field + ".shape"));
    out.emplace(it.key(), std::move(f));
  }
  return out;
}

std::map<std::string, double> scores_of(const json& parent, const std::string& field) {
  std::map<std::string, double> out;
  if (const json* s = find_all(parent, field))
    for (auto it = s->begin(); it != s->end(); ++it) {
      if (!it->is_number()) wrong(field + "." + it.key(), "a number", *it);
      out[it.key()] = it->get<double>();
    }
  return out;
}

json json_of(const map_info& m) {
  json entry = {{"path", m.path}, {"shape", m.shape}, {"classes", m.classes}, {"frame", json_of(m.to_source)}};
  if (m.threshold) entry["threshold"] = finite(*m.threshold, "threshold");
  if (m.index) entry["index"] = *m.index;
  return entry;
}

json json_of(const feature_info& f) {
  json entry = {{"path", f.path}, {"shape", f.shape}};
  if (f.index) entry["index"] = *f.index;
  return entry;
}

}  // namespace json_fields

using namespace json_fields;

namespace {
roi roi_of(const json& j) {
  roi r;
  r.box = box_of(need(j, "rois", "box"), "rois.box");
  if (const json* v = find(j, "score")) {
    if (!v->is_number()) wrong("rois.score", "a number", *v);
    r.score = v->get<double>();
  }
  if (const json* v = find(j, "class")) r.class_name = text_of(*v, "rois.class");
  if (const json* v = find(j, "window")) r.window = whole_box_of(*v, "rois.window");
  if (j.contains("window_frame")) r.window_frame = frame_of(j, "rois.window_frame", "window_frame");
  if (const json* v = find(j, "patch")) r.patch = path_of(*v, "rois.patch");
  if (const json* v = find(j, "repeat")) {
    if (!v->is_boolean()) wrong("rois.repeat", "true or false", *v);
    r.repeat = v->get<bool>();
  }
  r.scores = scores_of(j, "rois.scores");
  r.maps = maps_of(j, "rois.maps");
  r.features = features_of(j, "rois.features");
  r.cluster = cluster_of(j, "rois.");
  return r;
}

json json_of(const roi& r) {
  json j = {{"box", json_fields::json_of(r.box)}};
  if (r.score) j["score"] = finite(*r.score, "rois.score");
  if (r.class_name) j["class"] = *r.class_name;
  if (r.window) j["window"] = json_fields::json_of(*r.window);
  if (r.window_frame) j["window_frame"] = json_fields::json_of(*r.window_frame);
  if (r.patch) j["patch"] = *r.patch;
  if (r.repeat) j["repeat"] = true;
  for (const auto& [name, value] : r.scores) j["scores"][name] = finite(value, "rois.scores." + name);
  for (const auto& [name, m] : r.maps) j["maps"][name] = json_fields::json_of(m);
  for (const auto& [name, f] : r.features) j["features"][name] = json_fields::json_of(f);
  if (r.cluster) put_cluster(j, *r.cluster);
  return j;
}

json& roi_at(json& document, std::size_t at) {
  const auto all = document.find("rois");
  if (all == document.end() || !all->is_array() || at >= all->size())
    throw error("E_RECORD", fmt::format("the record has no region {}", at));
  return (*all)[at];
}
}  // namespace

std::vector<roi> record::rois() const {
  std::vector<roi> out;
  const json* all = find(doc_->json, "rois");
  if (!all) return out;
  if (!all->is_array()) wrong("rois", "a list", *all);
  for (const json& j : *all) {
    if (!j.is_object()) wrong("rois", "a list of objects", j);
    out.push_back(roi_of(j));
  }
  return out;
}

void record::set_rois(const std::vector<roi>& rois) {
  json list = json::array();
  for (const roi& r : rois) list.push_back(json_of(r));
  doc_->json["rois"] = std::move(list);
}

void record::set_roi_score(std::size_t at, std::string_view name, double value) {
  roi_at(doc_->json, at)["scores"][std::string(name)] = finite(value, name);
}

void record::set_roi_map(std::size_t at, std::string_view name, const map_info& m) {
  roi_at(doc_->json, at)["maps"][std::string(name)] = json_fields::json_of(m);
}

void record::set_roi_feature(std::size_t at, std::string_view name, const feature_info& f) {
  roi_at(doc_->json, at)["features"][std::string(name)] = json_fields::json_of(f);
}

void record::set_roi_cluster(std::size_t at, const cluster_info& c) { put_cluster(roi_at(doc_->json, at), c); }

std::optional<std::string> record::roi_text(std::size_t at, std::string_view dotted_path) const {
  return text_at(roi_at(doc_->json, at), dotted_path);
}

}  // namespace medvision
