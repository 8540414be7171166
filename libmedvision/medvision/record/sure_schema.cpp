// SPDX-License-Identifier: Apache-2.0
// A valid record is known as such by a walk through a small tree; each place of the schema is compiled once.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <utility>

#include "medvision/error.hpp"
#include "medvision/record/json_fields.hpp"
#include "medvision/record/schema.hpp"

namespace medvision {
namespace {

using json_fields::find;
using json_fields::json;

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

enum kind : unsigned { none = 0, boolean = 1, whole = 2, fraction = 4, text = 8, list = 16, object = 32, nothing = 64 };

unsigned kind_named(const std::string& name) {
  static const std::map<std::string, unsigned> kinds = {
      {"boolean", boolean}, {"integer", whole}, {"number", whole | fraction}, {"string", text}, {"array", list},
      {"object", object},   {"null", nothing}};
  const auto found = kinds.find(name);
  return found == kinds.end() ? none : found->second;
}

// A whole number beyond 2^53, or one written as a fraction (1e2), is of no certain kind.
unsigned kind_of(const json& v) {
  switch (v.type()) {
    case json::value_t::boolean:
      return boolean;
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return std::abs(v.get<double>()) <= 9007199254740992.0 ? whole : none;
    case json::value_t::number_float:
      return fraction;
    case json::value_t::string:
      return text;
    case json::value_t::array:
      return list;
    case json::value_t::object:
      return object;
    case json::value_t::null:
      return nothing;
    default:
      return none;
  }
}

/// What holds at one place of the schema.
struct node {
  bool doubtful = false;
  unsigned kinds = ~0U;
  double least = -std::numeric_limits<double>::infinity(), above = least;
  std::size_t min_items = 0, max_items = no_limit, min_length = 0, max_length = no_limit;
  std::vector<std::string> choices, required;  // no choices: any
  std::vector<std::pair<std::string, const node*>> members;
  const node *other_members = nullptr, *items = nullptr;
  std::vector<const node*> any_of;

  [[nodiscard]] bool accepts(const json& v) const;
  [[nodiscard]] bool accepts_text(const std::string& t) const;
  [[nodiscard]] bool accepts_list(const json& v) const;
  [[nodiscard]] bool accepts_object(const json::object_t& o, const json& v) const;
};

bool node::accepts_text(const std::string& t) const {
  // Lengths are of letters, each of one byte to four.
  if ((t.size() + 3) / 4 < min_length || t.size() > max_length) return false;
  return choices.empty() || std::find(choices.begin(), choices.end(), t) != choices.end();
}

bool node::accepts_list(const json& v) const {
  if (v.size() < min_items || v.size() > max_items) return false;
  return !items || std::all_of(v.begin(), v.end(), [this](const json& item) { return items->accepts(item); });
}

bool node::accepts_object(const json::object_t& o, const json& v) const {
  for (const std::string& name : required)
    if (!find(v, name)) return false;
  return std::all_of(o.begin(), o.end(), [this](const auto& member) {
    const auto known =
        std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.first == member.first; });
    const node* n = known != members.end() ? known->second : other_members;
    return !n || n->accepts(member.second);
  });
}

bool node::accepts(const json& v) const {
  const unsigned met = kind_of(v);
  if (doubtful || (met & kinds) == 0 || (!choices.empty() && met != text)) return false;
  if ((met & (whole | fraction)) != 0 && !(v.get<double>() >= least && v.get<double>() > above)) return false;
  if (met == text && !accepts_text(v.get_ref<const std::string&>())) return false;
  if (met == list && !accepts_list(v)) return false;
  if (met == object && !accepts_object(v.get_ref<const json::object_t&>(), v)) return false;
  return any_of.empty() ||
         std::any_of(any_of.begin(), any_of.end(), [&v](const node* other) { return other->accepts(v); });
}

}  // namespace

struct sure_schema::tree {
  explicit tree(const json& whole_schema) : root(whole_schema) { top = refer("#"); }

  // A place is compiled once, so that a schema may name itself.
  const node* refer(const std::string& place) {
    if (const auto known = by_place.find(place); known != by_place.end()) return known->second;
    const json::json_pointer pointer(place.substr(1));
    if (!root.contains(pointer)) throw error("E_JSON", fmt::format("the schema has no place '{}'", place));
    node& n = nodes.emplace_back();
    by_place[place] = &n;
    fill(n, root.at(pointer));
    return &n;
  }

  const node* compile(const json& schema) {
    if (const json* place = find(schema, "$ref")) return refer(place->get<std::string>());
    node& n = nodes.emplace_back();
    fill(n, schema);
    return &n;
  }

  void fill(node& n, const json& schema) {
    n.doubtful = !schema.is_object() || schema.contains("$ref");
    if (n.doubtful) return;
    for (const auto& [keyword, value] : schema.items())
      if (!take_limit(n, keyword, value) && !take_part(n, keyword, value)) n.doubtful = true;
  }

  static bool take_limit(node& n, const std::string& keyword, const json& value) {
    const std::map<std::string, std::size_t*> sizes = {{"minItems", &n.min_items},
                                                       {"maxItems", &n.max_items},
                                                       {"minLength", &n.min_length},
                                                       {"maxLength", &n.max_length}};
    if (const auto size = sizes.find(keyword); size != sizes.end())
      *size->second = value.get<std::size_t>();
    else if (keyword == "minimum" || keyword == "exclusiveMinimum")
      (keyword == "minimum" ? n.least : n.above) = value.get<double>();
    else
      return false;
    return true;
  }

  bool take_part(node& n, const std::string& keyword, const json& value) {
    if (keyword == "type") {
      n.kinds = none;
      for (const json& name : value.is_array() ? value : json::array({value})) n.kinds |= kind_named(name);
    } else if (keyword == "enum") {
      for (const json& choice : value) choice.is_string() ? n.choices.push_back(choice) : void(n.doubtful = true);
    } else if (keyword == "required") {
      n.required = value.get<std::vector<std::string>>();
    } else if (keyword == "properties") {
      for (const auto& [name, schema] : value.items()) n.members.emplace_back(name, compile(schema));
    } else if (keyword == "additionalProperties") {
      n.other_members = compile(value);
    } else if (keyword == "items") {
      n.items = compile(value);
    } else if (keyword == "anyOf") {
      for (const json& schema : value) n.any_of.push_back(compile(schema));
    } else {
      return keyword == "title" || keyword == "description" || keyword == "definitions" || keyword == "$schema" ||
             keyword == "$id";
    }
    return true;
  }

  json root;
  std::deque<node> nodes;
  std::map<std::string, const node*> by_place;
  const node* top = nullptr;
};

sure_schema::sure_schema(const ordered_json& schema) : tree_(std::make_unique<tree>(schema)) {}
sure_schema::~sure_schema() = default;

bool sure_schema::accepts(const ordered_json& value) const { return tree_->top->accepts(value); }

}  // namespace medvision
