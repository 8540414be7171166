// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "medvision/error.hpp"
#include "medvision/record/file_name.hpp"
#include "medvision/record/json_fields.hpp"

namespace medvision {

using namespace json_fields;

std::uint64_t fnv1a_64(std::string_view bytes) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (unsigned char b : bytes) h = (h ^ b) * 0x100000001b3ULL;
  return h;
}

void check_id(std::string_view id) {
  const auto refuse = [&](std::string_view why) {
    throw error("E_ID", fmt::format("the id '{}' {}: files are named after it", id.substr(0, 80), why));
  };
  if (id.empty()) refuse("is empty");
  if (id.size() > 4096) refuse("is longer than 4096 bytes");
  if (id.front() == '/') refuse("is an absolute path");
  for (unsigned char c : id)
    if (c < 0x20 || c == 0x7f) throw error("E_ID", "the id holds a control character: files are named after it");
  std::size_t begin = 0;
  while (begin <= id.size()) {
    const std::size_t end = std::min(id.find('/', begin), id.size());
    const std::string_view part = id.substr(begin, end - begin);
    if (part == "..") refuse("climbs with '..'");
    if (part == "." || part.empty()) refuse("has an empty or '.' component");
    begin = end + 1;
  }
}

record::record() : doc_(std::make_unique<document>()) {}
record::record(std::string_view id) : record() { set_id(id); }
record::record(const record& o) : doc_(std::make_unique<document>(*o.doc_)) {}
record::record(record&&) noexcept = default;
record& record::operator=(const record& o) {
  if (this != &o) doc_ = std::make_unique<document>(*o.doc_);
  return *this;
}
record& record::operator=(record&&) noexcept = default;
record::~record() = default;

record record::parse(std::string_view text) {
  record r;
  r.doc_->json = parse_json(text);
  const json& j = r.doc_->json;
  if (!j.is_object()) throw error("E_RECORD", fmt::format("a record is a JSON object, met {}", j.type_name()));
  const std::string id = r.id();
  check_id(id);
  try {
    if (r.get_failure()) return r;  // passed on untouched, whatever else it holds
    r.read_all();
  } catch (const error& e) {
    // The case is known by name: it stays in the stream under it, with what is well of it, so that its place, its
    // patient and its group are known too.
    const auto is_well = [&](const std::string& name, const json& value) {
      record alone(id);
      alone.doc_->json[name] = value;
      try {
        alone.read_all();
      } catch (const error&) {
        return false;
      }
      return true;
    };
    record failed(id);
    for (const auto& [name, value] : j.items())
      if (name != "id" && is_well(name, value)) failed.doc_->json[name] = value;
    failed.fail("manifest", e.code(), e.what());
    return failed;
  }
  return r;
}

void record::read_all() const {
  const auto read = [](const auto&...) {};
  read(picture(), source(), derived_from(), frame(), order(), parent(), spacing_mm(), tags(), labels(), truth_masks(),
       truth_boxes());
  read(fov(), breast(), erased(), maps(), features(), rois(), scores(), measures(), cluster());
  if (has_image()) read(image());
  if (const json* steps = find(doc_->json, "steps"); steps && !steps->is_array()) wrong("steps", "a list", *steps);
}

std::string record::canonical() const {
  settle_parent();
  json copy = doc_->json;
  copy.erase("steps");
  return dump_json(copy, true);
}

std::string record::id() const { return text_of(need(doc_->json, "record", "id"), "id"); }

void record::set_id(std::string_view id) {
  check_id(id);
  doc_->json["id"] = id;
}

std::string record::file_stem() const { return file_name(id(), true); }

bool record::failed() const { return find(doc_->json, "error") != nullptr; }

std::optional<failure> record::get_failure() const {
  const json* e = find_object(doc_->json, "error", "error");
  if (!e) return std::nullopt;
  return failure{text_of(need(*e, "error", "by"), "error.by"), text_of(need(*e, "error", "code"), "error.code"),
                 text_of(need(*e, "error", "what"), "error.what")};
}

void record::fail(std::string_view by, std::string_view code, std::string_view what) {
  // A sentence may quote bytes of a file; the stream stays UTF-8 whatever they are.
  const std::string clean = json::parse(json(what).dump(-1, ' ', false, json::error_handler_t::replace));
  doc_->json["error"] = {{"by", by}, {"code", code}, {"what", clean}};
}

bool record::has_image() const { return find(doc_->json, "image") != nullptr; }

std::string record::image() const {
  const json* v = find(doc_->json, "image");
  if (!v) throw error("E_RECORD", "the record names no image");
  return path_of(*v, "image");
}

cv::Size record::picture_size() const {
  const auto p = picture();
  if (!p) throw error("E_RECORD", "the record does not say its width and height");
  return {p->width, p->height};
}

std::optional<picture_info> record::picture() const {
  const json& j = doc_->json;
  picture_info p;
  const json *w = find(j, "width"), *h = find(j, "height"), *c = find(j, "channels"), *d = find(j, "depth");
  if (w) p.width = size_of(*w, "width");
  if (h) p.height = size_of(*h, "height");
  if (c) p.channels = size_of(*c, "channels");
  if (d) {
    p.depth = text_of(*d, "depth");
    if (p.depth != "u8" && p.depth != "u16" && p.depth != "f32") wrong("depth", "u8, u16 or f32", *d);
  }
  if (!w || !h) return std::nullopt;
  return p;
}

void record::set_image(std::string_view path, const picture_info& info, const medvision::frame& step) {
  json& j = doc_->json;
  const medvision::frame f = compose(frame(), step);
  j["image"] = path;
  j["width"] = info.width;
  j["height"] = info.height;
  j["channels"] = info.channels;
  j["depth"] = info.depth;
  if (f != medvision::frame{} || j.contains("frame")) set_frame(f);
}

void record::return_to_source() {
  const auto from = source();
  if (!from && frame() != medvision::frame{}) throw error("E_RECORD", "the record has a frame but no source");
  if (!from) return;
  for (const char* field : {"channels", "depth", "frame"}) doc_->json.erase(field);
  doc_->json["image"] = from->path;
  doc_->json["width"] = from->width;
  doc_->json["height"] = from->height;
}

void record::meet_image(const picture_info& info) {
  json& j = doc_->json;
  if (const auto said = picture(); said && (said->width != info.width || said->height != info.height))
    throw error("E_SHAPE", fmt::format("the record says {}x{} pixels, the file {} has {}x{}", said->width, said->height,
                                       image(), info.width, info.height));
  if (!j.contains("source")) {
    if (frame() != medvision::frame{}) throw error("E_RECORD", "the record has a frame but no source");
    set_source({image(), info.width, info.height});
  }
  j["width"] = info.width;
  j["height"] = info.height;
  j["channels"] = info.channels;
  j["depth"] = info.depth;
}

std::optional<source_info> record::source() const {
  const json* s = find_object(doc_->json, "source", "source");
  if (!s) return std::nullopt;
  return source_info{path_of(need(*s, "source", "path"), "source.path"),
                     size_of(need(*s, "source", "width"), "source.width"),
                     size_of(need(*s, "source", "height"), "source.height")};
}

void record::set_source(const source_info& info) {
  doc_->json["source"] = {{"path", info.path}, {"width", info.width}, {"height", info.height}};
}

medvision::frame record::frame() const { return frame_of(doc_->json, "frame", "frame"); }

void record::set_frame(const medvision::frame& f) { doc_->json["frame"] = json_of(f); }

std::vector<std::int64_t> record::order() const {
  const json* v = find(doc_->json, "order");
  std::vector<std::int64_t> out;
  if (!v) return out;
  if (!v->is_array()) wrong("order", "a list of whole numbers", *v);
  for (const json& i : *v) out.push_back(whole_of(i, "order", 0));
  return out;
}

void record::set_order(const std::vector<std::int64_t>& order) { doc_->json["order"] = order; }

std::optional<std::string> json_fields::text_at(const json& object, std::string_view dotted_path) {
  const json* at = &object;
  while (!dotted_path.empty()) {
    if (!at->is_object()) return std::nullopt;
    // A member may itself hold dots ("scores.grade.3"): the whole rest is tried before its first part.
    if (const json* whole = find(*at, dotted_path)) return plain(*whole);
    const std::size_t dot = dotted_path.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    at = find(*at, dotted_path.substr(0, dot));
    if (!at) return std::nullopt;
    dotted_path.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

std::optional<std::string> record::text(std::string_view dotted_path) const {
  settle_parent();
  return text_at(doc_->json, dotted_path);
}

void record::set_text(std::string_view name, std::string_view value) { doc_->json[std::string(name)] = value; }
void record::set_flag(std::string_view name, bool value) { doc_->json[std::string(name)] = value; }

void record::add_step(std::string_view by, std::string_view version,
                      const std::vector<std::pair<std::string, step_value>>& options) {
  json o = json::object();
  for (const auto& [name, value] : options) o[name] = json_of(value);
  json step = {{"by", by}, {"version", version}, {"options", std::move(o)}};
  doc_->json["steps"].push_back(std::move(step));
}

void record::take_steps(const record& from) {
  if (const json* steps = find(from.doc_->json, "steps"))
    doc_->json["steps"] = *steps;
  else
    doc_->json.erase("steps");
}

std::vector<std::string> record::files() const {
  std::vector<std::string> out;
  if (has_image()) out.push_back(image());
  if (const auto f = fov()) out.push_back(f->path);
  for (const auto& [name, path] : truth_masks()) out.push_back(path);
  for (const auto& [name, m] : maps()) out.push_back(m.path);
  for (const auto& [name, f] : features()) out.push_back(f.path);
  const auto add_shared = [&out](const std::string& path) {
    if (std::find(out.begin(), out.end(), path) == out.end()) out.push_back(path);
  };
  for (const roi& r : rois()) {
    if (r.patch) out.push_back(*r.patch);
    for (const auto& [name, m] : r.maps) add_shared(m.path);
    for (const auto& [name, f] : r.features) add_shared(f.path);
  }
  return out;
}

std::uint64_t record::shard_hash() const {
  settle_parent();
  // A failed record may hold anything anywhere, and belongs to a shard all the same.
  const auto text_in = [](const json& object, const char* key) -> const json* {
    const json* v = object.is_object() ? find(object, key) : nullptr;
    return v && v->is_string() ? v : nullptr;
  };
  if (const json* tags = find(doc_->json, "tags"))
    if (const json* patient = text_in(*tags, "patient")) return fnv1a_64(patient->get<std::string>());
  const json* at = &doc_->json;
  while (const json* p = find(*at, "parent")) {
    const json* inner = p->is_object() ? find(*p, "record") : nullptr;
    if (!inner || !text_in(*inner, "id")) break;
    at = inner;
  }
  return fnv1a_64(text_of(need(*at, "record", "id"), "id"));
}

}  // namespace medvision
