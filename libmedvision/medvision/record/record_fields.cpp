// SPDX-License-Identifier: Apache-2.0
// What a record says of its picture: spacing, tags, truth, field of view, maps, features, scores, measures.
#include "medvision/error.hpp"
#include "medvision/record/json_fields.hpp"
#include "medvision/record/record.hpp"
#include "medvision/record/said_fields.hpp"

namespace medvision {

using namespace json_fields;

std::optional<std::array<double, 2>> record::spacing_mm() const {
  const json* v = find(doc_->json, "spacing_mm");
  if (!v || v->is_null()) return std::nullopt;
  const auto s = numbers_of<2>(*v, "spacing_mm");
  if (!(s[0] > 0 && s[1] > 0)) wrong("spacing_mm", "two positive numbers", *v);
  return s;
}

void record::set_spacing_mm(const std::array<double, 2>& spacing, std::string_view source) {
  doc_->json["spacing_mm"] = {finite(spacing[0], "spacing_mm"), finite(spacing[1], "spacing_mm")};
  doc_->json["spacing_source"] = source;
}

std::map<std::string, std::string> record::tags() const {
  std::map<std::string, std::string> out;
  if (const json* t = find_object(doc_->json, "tags", "tags"))
    for (auto it = t->begin(); it != t->end(); ++it) out[it.key()] = text_of(*it, "tags." + it.key());
  return out;
}

void record::set_tag(std::string_view name, std::string_view value) { doc_->json["tags"][std::string(name)] = value; }

std::map<std::string, std::string> record::labels() const {
  std::map<std::string, std::string> out;
  if (const json* t = find_object(doc_->json, "labels", "labels"))
    for (auto it = t->begin(); it != t->end(); ++it) {
      if (it->is_structured()) wrong("labels." + it.key(), "a number or a text", *it);
      out[it.key()] = plain(*it);
    }
  return out;
}

void record::set_label(std::string_view name, const step_value& value) {
  doc_->json["labels"][std::string(name)] = json_of(value);
}

std::map<std::string, std::string> record::truth_masks() const {
  std::map<std::string, std::string> out;
  if (const json* t = find_object(doc_->json, "truth", "truth"))
    if (const json* m = find_object(*t, "truth.masks", "masks"))
      for (auto it = m->begin(); it != m->end(); ++it) out[it.key()] = path_of(*it, "truth.masks." + it.key());
  return out;
}

std::string record::truth_mask(const std::string& name) const {
  const auto masks = truth_masks();
  if (const auto found = masks.find(name); found != masks.end()) return found->second;
  std::string names;
  for (const auto& [other, path] : masks) names += (names.empty() ? "" : ", ") + other;
  throw error("E_RECORD",
              fmt::format("the record has no truth mask '{}'; it has: {}", name, names.empty() ? "none" : names));
}

void record::set_truth_mask(std::string_view name, std::string_view path) {
  doc_->json["truth"]["masks"][std::string(name)] = path;
}

std::vector<truth_box> record::truth_boxes() const {
  std::vector<truth_box> out;
  const json* t = find_object(doc_->json, "truth", "truth");
  const json* boxes = t ? find(*t, "boxes") : nullptr;
  if (!boxes) return out;
  if (!boxes->is_array()) wrong("truth.boxes", "a list", *boxes);
  for (const json& b : *boxes) {
    if (!b.is_object()) wrong("truth.boxes", "a list of objects", b);
    const json* c = find(b, "class");
    out.push_back(
        {box_of(need(b, "truth.boxes", "box"), "truth.boxes.box"), c ? text_of(*c, "truth.boxes.class") : ""});
  }
  return out;
}

void record::add_truth_box(const truth_box& b) {
  json entry = {{"box", json_of(b.box)}};
  if (!b.class_name.empty()) entry["class"] = b.class_name;
  doc_->json["truth"]["boxes"].push_back(std::move(entry));
}

void record::start_truth_boxes() {
  json& boxes = doc_->json["truth"]["boxes"];
  if (boxes.is_null()) boxes = json::array();
}

std::optional<std::vector<cv::Rect2d>> record::erased() const {
  const json* boxes = find(doc_->json, "erased");
  if (!boxes) return std::nullopt;
  if (!boxes->is_array()) wrong("erased", "a list of boxes", *boxes);
  std::vector<cv::Rect2d> out;
  for (const json& b : *boxes) out.push_back(box_of(b, "erased"));
  return out;
}

void record::add_erased(const std::vector<cv::Rect2d>& boxes) {
  json& list = doc_->json["erased"];
  if (list.is_null()) list = json::array();
  for (const cv::Rect2d& b : boxes) list.push_back(json_of(b));
}

std::optional<fov_info> record::fov() const {
  const json* f = find_object(doc_->json, "fov", "fov");
  if (!f) return std::nullopt;
  fov_info out{path_of(need(*f, "fov", "path"), "fov.path"), frame_of(*f, "fov.frame", "frame"),
               text_of(need(*f, "fov", "by"), "fov.by"), std::nullopt};
  if (const json* b = find(*f, "box")) out.box = box_of(*b, "fov.box");
  if (out.by == "user" && out.to_source == medvision::frame{})
    if (const auto s = source()) out.size = {s->width, s->height};
  return out;
}

fov_info record::needed_fov() const {
  const auto f = fov();
  if (!f) throw error("E_RECORD", "the record has no field of view; med-crop finds it");
  return *f;
}

void record::set_fov(const fov_info& f) {
  json v = {{"path", f.path}, {"frame", json_of(f.to_source)}, {"by", f.by}};
  if (f.box) v["box"] = json_of(*f.box);
  doc_->json["fov"] = std::move(v);
}

std::map<std::string, map_info> record::maps() const { return maps_of(doc_->json, "maps"); }

map_info record::map(std::string_view name) const {
  auto all = maps();
  if (name.empty() && all.size() == 1) return all.begin()->second;
  if (all.empty()) throw error("E_RECORD", "the record has no maps; med-infer makes them");
  if (const auto it = all.find(std::string(name)); it != all.end()) return it->second;
  std::string names;
  for (const auto& [n, m] : all) names += (names.empty() ? "" : ", ") + n;
  throw error("E_RECORD", name.empty()
                              ? fmt::format("the record has {} maps ({}): say which with --map", all.size(), names)
                              : fmt::format("the record has no map '{}'; it has: {}", name, names));
}

void record::set_map(std::string_view name, const map_info& m) { doc_->json["maps"][std::string(name)] = json_of(m); }

void record::clear_findings() {
  for (const char* found : {"maps", "features", "rois", "scores", "measures", "why", "cluster", "exemplar"})
    doc_->json.erase(found);
}

std::map<std::string, feature_info> record::features() const { return features_of(doc_->json, "features"); }

void record::set_feature(std::string_view name, const feature_info& f) {
  doc_->json["features"][std::string(name)] = json_of(f);
}

std::map<std::string, double> record::scores() const { return scores_of(doc_->json, "scores"); }

void record::set_score(std::string_view name, double value) {
  doc_->json["scores"][std::string(name)] = finite(value, name);
}

std::map<std::string, std::optional<double>> record::measures() const {
  std::map<std::string, std::optional<double>> out;
  if (const json* s = find_object(doc_->json, "measures", "measures"))
    for (auto it = s->begin(); it != s->end(); ++it) {
      if (!it->is_number() && !it->is_null()) wrong("measures." + it.key(), "a number or null", *it);
      out[it.key()] = it->is_null() ? std::nullopt : std::optional<double>(it->get<double>());
    }
  return out;
}

void record::set_measure(std::string_view name, double value) {
  doc_->json["measures"][std::string(name)] = finite(value, name);
  const auto why = doc_->json.find("why");  // of an earlier run, where it had no value
  if (why != doc_->json.end() && why->erase(std::string(name)) && why->empty()) doc_->json.erase("why");
}

void record::set_undefined(std::string_view name, std::string_view reason) {
  doc_->json["measures"][std::string(name)] = nullptr;
  doc_->json["why"][std::string(name)] = reason;
}

void record::set_measure(std::string_view name, const std::optional<double>& value, std::string_view reason_for_none) {
  value ? set_measure(name, *value) : set_undefined(name, reason_for_none);
}

}  // namespace medvision
