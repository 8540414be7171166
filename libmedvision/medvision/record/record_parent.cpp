// SPDX-License-Identifier: Apache-2.0
// A patch and its parent. Thousands of patches may share one parent, whose record is then held as one text, and becomes
// part of a patch's own document when somebody asks for it there.
#include "medvision/record/json_fields.hpp"

namespace medvision {

using namespace json_fields;

std::optional<parent_info> record::parent() const {
  settle_parent();
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
  if (r.id() != out.id) wrong("parent.record.id", "the parent's id", inner["id"]);
  check_id(out.id);
  out.parent = std::make_shared<const record>(std::move(r));
  return out;
}

void record::set_parent(const parent_info& p, std::shared_ptr<const std::string> dumped) {
  if (!dumped) dumped = std::make_shared<const std::string>(p.parent->dump());
  doc_->json["parent"] = {
      {"id", p.id}, {"index", p.index}, {"count", p.count}, {"box", json_of(p.box)}, {"record", nullptr}};
  doc_->parent_text = std::move(dumped);
}

void record::settle_parent() const {
  if (!doc_->parent_text) return;
  doc_->json["parent"]["record"] = parse_json(*doc_->parent_text);
  doc_->parent_text.reset();
}

std::string record::dump() const {
  if (!doc_->parent_text) return dump_json(doc_->json);
  std::string out;
  out.reserve(doc_->parent_text->size() + 2048);  // thousands of them may be held
  for (const auto& [name, value] : doc_->json.items()) {
    out += out.empty() ? '{' : ',';
    out += dump_json(name) + ":" + dump_json(value);
    if (name != "parent") continue;
    constexpr std::string_view nothing = "null}";  // `record` is the last member of a parent
    out.resize(out.size() - nothing.size());
    out += *doc_->parent_text + "}";
  }
  out += "}";
  return out;
}

}  // namespace medvision
