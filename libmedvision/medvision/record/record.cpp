// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/record.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "medvision/error.hpp"
#include "medvision/record/json_text.hpp"

namespace medvision {

struct record::document {
  ordered_json json = ordered_json::object();
};

namespace {

using json = ordered_json;

[[noreturn]] void wrong(std::string_view field, std::string_view expected, const json& met) {
  std::string text = met.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  throw error("E_RECORD", fmt::format("the field '{}' must be {}, met {}", field, expected, text));
}

const json* find(const json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

const json& need(const json& object, std::string_view field, const char* key) {
  const json* v = find(object, key);
  if (!v) throw error("E_RECORD", fmt::format("the field '{}' lacks '{}'", field, key));
  return *v;
}

const json* find_object(const json& parent, std::string_view field, const char* key) {
  const json* v = find(parent, key);
  if (v && !v->is_object()) wrong(field, "an object", *v);
  return v;
}

std::string text_of(const json& v, std::string_view field) {
  if (!v.is_string()) wrong(field, "a text", v);
  return v.get<std::string>();
}

std::string path_of(const json& v, std::string_view field) {
  std::string p = text_of(v, field);
  if (p.empty() || p.find('\0') != std::string::npos) wrong(field, "a file path", v);
  return p;
}

std::int64_t whole_of(const json& v, std::string_view field, std::int64_t low, std::int64_t high = 1LL << 53) {
  const bool whole = v.is_number_integer() && !(v.is_number_unsigned() && v.get<std::uint64_t>() > (1ULL << 53));
  if (!whole || v.get<std::int64_t>() < low || v.get<std::int64_t>() > high)
    wrong(field, fmt::format("a whole number from {} to {}", low, high), v);
  return v.get<std::int64_t>();
}

int size_of(const json& v, std::string_view field) { return int(whole_of(v, field, 1, 2147483647)); }

template <std::size_t N>
std::array<double, N> numbers_of(const json& v, std::string_view field) {
  std::array<double, N> a{};
  if (!v.is_array() || v.size() != N) wrong(field, fmt::format("{} numbers", N), v);
  for (std::size_t i = 0; i < N; ++i) {
    if (!v[i].is_number()) wrong(field, fmt::format("{} numbers", N), v);
    a[i] = v[i].template get<double>();
  }
  return a;
}

frame frame_of(const json& object, std::string_view field, const char* key) {
  const json* v = find(object, key);
  return v ? frame{numbers_of<6>(*v, field)} : frame{};
}

cv::Rect2d box_of(const json& v, std::string_view field) {
  const auto a = numbers_of<4>(v, field);
  return {a[0], a[1], a[2], a[3]};
}

cv::Rect whole_box_of(const json& v, std::string_view field) {
  if (!v.is_array() || v.size() != 4) wrong(field, "4 whole numbers", v);
  constexpr std::int64_t most = 2147483647;
  return {int(whole_of(v[0], field, -most, most)), int(whole_of(v[1], field, -most, most)),
          int(whole_of(v[2], field, 0, most)), int(whole_of(v[3], field, 0, most))};
}

double finite(double v, std::string_view field) {
  if (!std::isfinite(v)) throw error("E_NONFINITE", fmt::format("'{}' would be {}; a record holds finite numbers", field, v));
  return v;
}

json json_of(const frame& f) {
  for (double v : f.m) finite(v, "frame");
  return f.m;
}
json json_of(const cv::Rect2d& b) { return {finite(b.x, "box"), finite(b.y, "box"), finite(b.width, "box"), finite(b.height, "box")}; }
json json_of(const cv::Rect& b) { return {b.x, b.y, b.width, b.height}; }
json json_of(const step_value& v) {
  return std::visit([](const auto& x) { return json(x); }, v);
}

// Text of a label: what a user would have typed.
std::string plain(const json& v) { return v.is_string() ? v.get<std::string>() : dump_json(v); }

}  // namespace

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
  if (r.get_failure()) return r;  // passed on untouched, whatever else it holds
  try {
    r.read_all();
  } catch (const error& e) {
    // The case is known by name: it stays in the stream under it.
    record failed(id);
    failed.fail("manifest", e.code(), e.what());
    return failed;
  }
  return r;
}

void record::read_all() const {
  const auto read = [](const auto&...) {};
  read(picture(), source(), frame(), order(), parent(), spacing_mm(), tags(), labels(), truth_masks(), truth_boxes());
  read(fov(), maps(), features(), rois(), scores(), measures());
  if (has_image()) read(image());
  if (const json* steps = find(doc_->json, "steps"); steps && !steps->is_array()) wrong("steps", "a list", *steps);
}

std::string record::dump() const { return dump_json(doc_->json); }

std::string record::canonical() const {
  json copy = doc_->json;
  copy.erase("steps");
  return dump_json(copy, true);
}

std::string record::id() const { return text_of(need(doc_->json, "record", "id"), "id"); }

void record::set_id(std::string_view id) {
  check_id(id);
  doc_->json["id"] = id;
}

std::string record::file_stem() const {
  std::string out;
  for (unsigned char c : id()) {
    const bool plain_byte = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
                            c == '_' || c == '/' || c == '-';
    if (plain_byte)
      out += char(c);
    else
      out += fmt::format("%{:02X}", c);
  }
  return out;
}

bool record::failed() const { return doc_->json.contains("error"); }

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

bool record::has_image() const { return doc_->json.contains("image"); }

std::string record::image() const {
  const json* v = find(doc_->json, "image");
  if (!v) throw error("E_RECORD", "the record names no image");
  return path_of(*v, "image");
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

std::optional<parent_info> record::parent() const {
  const json* p = find_object(doc_->json, "parent", "parent");
  if (!p) return std::nullopt;
  parent_info out;
  out.id = text_of(need(*p, "parent", "id"), "parent.id");
  out.count = int(whole_of(need(*p, "parent", "count"), "parent.count", 1, 2147483647));
  out.index = int(whole_of(need(*p, "parent", "index"), "parent.index", 0, out.count - 1));
  out.box = whole_box_of(need(*p, "parent", "box"), "parent.box");
  const json& inner = need(*p, "parent", "record");
  if (!inner.is_object()) wrong("parent.record", "a record", inner);
  record r;
  r.doc_->json = inner;
  check_id(r.id());
  out.parent = std::make_shared<const record>(std::move(r));
  return out;
}

void record::set_parent(const parent_info& p) {
  doc_->json["parent"] = {{"id", p.id}, {"index", p.index}, {"count", p.count}, {"box", json_of(p.box)},
                          {"record", p.parent->doc_->json}};
}

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
    out.push_back({box_of(need(b, "truth.boxes", "box"), "truth.boxes.box"), c ? text_of(*c, "truth.boxes.class") : ""});
  }
  return out;
}

void record::add_truth_box(const truth_box& b) {
  json entry = {{"box", json_of(b.box)}};
  if (!b.class_name.empty()) entry["class"] = b.class_name;
  doc_->json["truth"]["boxes"].push_back(std::move(entry));
}

std::optional<fov_info> record::fov() const {
  const json* f = find_object(doc_->json, "fov", "fov");
  if (!f) return std::nullopt;
  fov_info out{path_of(need(*f, "fov", "path"), "fov.path"), frame_of(*f, "fov.frame", "frame"),
               text_of(need(*f, "fov", "by"), "fov.by"), std::nullopt};
  if (const json* b = find(*f, "box")) out.box = box_of(*b, "fov.box");
  return out;
}

void record::set_fov(const fov_info& f) {
  json v = {{"path", f.path}, {"frame", json_of(f.to_source)}, {"by", f.by}};
  if (f.box) v["box"] = json_of(*f.box);
  doc_->json["fov"] = std::move(v);
}

std::map<std::string, map_info> record::maps() const {
  std::map<std::string, map_info> out;
  const json* maps = find_object(doc_->json, "maps", "maps");
  if (!maps) return out;
  for (auto it = maps->begin(); it != maps->end(); ++it) {
    const std::string field = "maps." + it.key();
    if (!it->is_object()) wrong(field, "an object", *it);
    map_info m;
    m.path = path_of(need(*it, field, "path"), field + ".path");
    const json& shape = need(*it, field, "shape");
    if (!shape.is_array() || shape.size() != 3) wrong(field + ".shape", "[C, H, W]", shape);
    for (int i = 0; i < 3; ++i) m.shape[i] = size_of(shape[i], field + ".shape");
    if (const json* c = find(*it, "classes")) {
      if (!c->is_array()) wrong(field + ".classes", "a list of names", *c);
      for (const json& n : *c) m.classes.push_back(text_of(n, field + ".classes"));
    }
    m.to_source = frame_of(*it, field + ".frame", "frame");
    out.emplace(it.key(), std::move(m));
  }
  return out;
}

map_info record::map(std::string_view name) const {
  auto all = maps();
  if (name.empty() && all.size() == 1) return all.begin()->second;
  if (const auto it = all.find(std::string(name)); it != all.end()) return it->second;
  std::string names;
  for (const auto& [n, m] : all) names += (names.empty() ? "" : ", ") + n;
  throw error("E_RECORD", name.empty() ? fmt::format("the record has {} maps ({}): say which with --map", all.size(), names)
                                       : fmt::format("the record has no map '{}'; it has: {}", name, names));
}

void record::set_map(std::string_view name, const map_info& m) {
  doc_->json["maps"][std::string(name)] = {{"path", m.path}, {"shape", m.shape}, {"classes", m.classes}, {"frame", json_of(m.to_source)}};
}

void record::clear_maps() { doc_->json.erase("maps"); }

std::map<std::string, feature_info> record::features() const {
  std::map<std::string, feature_info> out;
  const json* all = find_object(doc_->json, "features", "features");
  if (!all) return out;
  for (auto it = all->begin(); it != all->end(); ++it) {
    const std::string field = "features." + it.key();
    if (!it->is_object()) wrong(field, "an object", *it);
    feature_info f{path_of(need(*it, field, "path"), field + ".path"), {}};
    const json& shape = need(*it, field, "shape");
    if (!shape.is_array()) wrong(field + ".shape", "a list of sizes", shape);
    for (const json& n : shape) f.shape.push_back(size_of(n, field + ".shape"));
    out.emplace(it.key(), std::move(f));
  }
  return out;
}

void record::set_feature(std::string_view name, const feature_info& f) {
  doc_->json["features"][std::string(name)] = {{"path", f.path}, {"shape", f.shape}};
}

std::vector<roi> record::rois() const {
  std::vector<roi> out;
  const json* all = find(doc_->json, "rois");
  if (!all) return out;
  if (!all->is_array()) wrong("rois", "a list", *all);
  for (const json& j : *all) {
    if (!j.is_object()) wrong("rois", "a list of objects", j);
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
    out.push_back(std::move(r));
  }
  return out;
}

void record::set_rois(const std::vector<roi>& rois) {
  json list = json::array();
  for (const roi& r : rois) {
    json j = {{"box", json_of(r.box)}};
    if (r.score) j["score"] = finite(*r.score, "rois.score");
    if (r.class_name) j["class"] = *r.class_name;
    if (r.window) j["window"] = json_of(*r.window);
    if (r.window_frame) j["window_frame"] = json_of(*r.window_frame);
    if (r.patch) j["patch"] = *r.patch;
    if (r.repeat) j["repeat"] = true;
    list.push_back(std::move(j));
  }
  doc_->json["rois"] = std::move(list);
}

std::map<std::string, double> record::scores() const {
  std::map<std::string, double> out;
  if (const json* s = find_object(doc_->json, "scores", "scores"))
    for (auto it = s->begin(); it != s->end(); ++it) {
      if (!it->is_number()) wrong("scores." + it.key(), "a number", *it);
      out[it.key()] = it->get<double>();
    }
  return out;
}

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
}

void record::set_undefined(std::string_view name, std::string_view reason) {
  doc_->json["measures"][std::string(name)] = nullptr;
  doc_->json["why"][std::string(name)] = reason;
}

std::optional<std::string> record::text(std::string_view dotted_path) const {
  const json* at = &doc_->json;
  while (!dotted_path.empty()) {
    if (!at->is_object()) return std::nullopt;
    // A member may itself hold dots ("scores.grade.3"): the whole rest is tried before its first part.
    if (const json* whole = find(*at, std::string(dotted_path).c_str())) return plain(*whole);
    const std::size_t dot = dotted_path.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    at = find(*at, std::string(dotted_path.substr(0, dot)).c_str());
    if (!at) return std::nullopt;
    dotted_path.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

void record::set_group(int n, int failed) {
  doc_->json["group"] = {{"n", n}, {"failed", failed}};
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
  if (const json* steps = find(from.doc_->json, "steps")) doc_->json["steps"] = *steps;
}

std::vector<std::string> record::files() const {
  std::vector<std::string> out;
  if (has_image()) out.push_back(image());
  if (const auto f = fov()) out.push_back(f->path);
  for (const auto& [name, path] : truth_masks()) out.push_back(path);
  for (const auto& [name, m] : maps()) out.push_back(m.path);
  for (const auto& [name, f] : features()) out.push_back(f.path);
  for (const roi& r : rois())
    if (r.patch) out.push_back(*r.patch);
  return out;
}

std::uint64_t record::shard_hash() const {
  const auto all = tags();
  if (const auto it = all.find("patient"); it != all.end()) return fnv1a_64(it->second);
  const json* at = &doc_->json;
  while (const json* p = find(*at, "parent")) {
    const json* inner = p->is_object() ? find(*p, "record") : nullptr;
    if (!inner || !inner->is_object()) break;
    at = inner;
  }
  return fnv1a_64(text_of(need(*at, "record", "id"), "id"));
}

}  // namespace medvision
