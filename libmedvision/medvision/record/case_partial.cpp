// SPDX-License-Identifier: Apache-2.0
// A case_table as lines of text, sealed, and back.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <tuple>

#include "medvision/record/case_rows.hpp"
#include "medvision/record/given_file.hpp"
#include "medvision/record/json_fields.hpp"
#include "medvision/record/shard.hpp"

namespace medvision {

using json_fields::json;

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_bytes = std::size_t{4} << 30;  // some 40 million cases
constexpr double infinity = std::numeric_limits<double>::infinity();

[[noreturn]] void refuse(const std::string& name, std::string_view why) {
  throw error("E_PARTIAL", fmt::format("the partial {} {}", name, why), blame::request);
}

json value_json(double v) { return v == infinity ? json(false) : v != v ? json(nullptr) : json(v); }
double json_value(const json& v) { return v.is_null() ? nothing : v.is_boolean() ? infinity : v.get<double>(); }

std::string hex(std::uint64_t v) { return fmt::format("{:016x}", v); }
std::uint64_t unhex(const json& v) {
  const auto text = v.get<std::string>();
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (fault != std::errc() || end != text.data() + text.size()) throw std::out_of_range("a hash that is none");
  return value;
}

// An index below `count`.
std::size_t index(const json& v, std::size_t count) {
  if (!v.is_number_unsigned() || v.get<std::uint64_t>() >= count)
    throw std::out_of_range("an index of what is not there");
  return v.get<std::size_t>();
}

std::string shard_text(const json& v) {
  try {
    const auto text = v.get<std::string>();
    if (!text.empty()) return shard::parse(text).text();
  } catch (const error&) {  // said below
  }
  throw std::out_of_range("a shard that cannot be");
}

// The lines of a text that ends with its seal.
std::vector<std::string_view> unsealed(std::string_view text, const std::string& name) {
  const std::size_t end = text.ends_with('\n') ? text.rfind('\n', text.size() - 2) : std::string_view::npos;
  if (end == std::string_view::npos) refuse(name, "is cut: its last line is missing");
  const std::string_view body = text.substr(0, end + 1);
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < body.size();) {
    const std::size_t stop = body.find('\n', begin);
    lines.push_back(body.substr(begin, stop - begin));
    begin = stop + 1;
  }
  if (text.substr(end + 1) != partial_seal(body))
    refuse(name, "is cut or was changed: its last line does not seal what is there");
  return lines;
}

}  // namespace

std::string partial_seal(std::string_view body) {
  return fmt::format("{{\"lines\":{},\"fnv1a\":\"{}\"}}\n", std::count(body.begin(), body.end(), '\n'),
                     hex(fnv1a_64(body)));
}

void case_table::state::take_line(std::string_view line, const std::vector<std::deque<double>*>& its_columns,
                                  const std::vector<std::uint32_t>& numbers) {
  const json j = parse_json(line);
  if (j.at(0).is_number()) {
    pools.push_back({numbers[index(j.at(0), numbers.size())], j.at(1).get<std::string>(), j.at(2).get<std::string>()});
    return;
  }
  const std::size_t fate = index(j.at(3), 3);  // scored, failed, failed for its id had come before
  rows.push_back({unhex(j.at(0)), unhex(j.at(1)), numbers[index(j.at(2), numbers.size())], fate > 0,
                  j.at(4).get<bool>(), fate > 1});
  if (!j.at(5).is_array() || j.at(5).size() != its_columns.size()) throw std::out_of_range("not one value a measure");
  for (std::size_t i = 0; i < its_columns.size(); ++i) {
    its_columns[i]->resize(rows.size(), infinity);
    its_columns[i]->back() = json_value(j.at(5).at(i));
  }
}

std::string case_table::partial(const std::string& version, const std::string& shard) const {
  auto shards = state_->shards;
  if (!shard.empty()) shards.insert(shard);
  json names = json::array();
  for (const auto& [name, column] : state_->columns) names.push_back(name);
  const json head = {{"partial", "med-summarize"},
                     {"version", version},
                     {"by", state_->options.by},
                     {"measures", state_->options.only},
                     {"shards", shards},
                     {"groups", state_->groups},
                     {"columns", names}};
  std::string out = dump_json(head) + "\n";
  for (std::size_t i = 0; i < state_->rows.size(); ++i) {
    const case_row& r = state_->rows[i];
    json values = json::array();
    for (const auto& [name, column] : state_->columns) values.push_back(value_json(column[i]));
    out += dump_json(json::array(
               {hex(r.patient), hex(r.id), r.group, int(r.failed) + int(r.repeat), r.has_patient, std::move(values)})) +
           "\n";
  }
  for (const pool_file& p : state_->pools) out += dump_json(json::array({p.group, p.name, p.path})) + "\n";
  return out + partial_seal(out);
}

void case_table::take_partial(const std::string& text, const std::string& name, const std::string& version) {
  const auto lines = unsealed(text, name);
  if (lines.empty()) refuse(name, "has no head");
  std::size_t at = 0;
  try {
    const json head = parse_json(lines[0]);
    if (head.at("partial") != "med-summarize") refuse(name, "is of another program");
    if (head.at("version") != version)
      refuse(name, fmt::format("is of version {}, this is {}", dump_json(head.at("version")), version));
    for (const auto& [option, mine] :
         {std::pair("by", &state_->options.by), std::pair("measures", &state_->options.only)})
      if (head.at(option) != json(*mine))
        refuse(name, fmt::format("was made with --{} {}, here it is {}", option, dump_json(head.at(option)),
                                 dump_json(json(*mine))));
    for (const char* list : {"shards", "groups", "columns"})
      if (!head.at(list).is_array()) throw std::out_of_range(fmt::format("no list of {}", list));
    for (const json& s : head.at("shards")) state_->shards.insert(shard_text(s));
    std::vector<std::uint32_t> groups;
    for (const json& g : head.at("groups")) {
      const auto values = g.get<std::vector<std::string>>();
      if (values.size() != state_->options.by.size()) refuse(name, "is no partial: a group has not a value a field");
      groups.push_back(state_->group_of(values));
    }
    std::vector<std::deque<double>*> columns;
    if (head.at("columns").get<std::set<std::string>>().size() != head.at("columns").size())
      refuse(name, "is no partial: it names a measure twice");
    for (const json& c : head.at("columns")) columns.push_back(&state_->columns[c.get<std::string>()]);
    for (at = 1; at < lines.size(); ++at) state_->take_line(lines[at], columns, groups);
  } catch (const json::exception&) {
    refuse(name, fmt::format("is no partial: its line {} is none that med-summarize writes", at + 1));
  } catch (const std::out_of_range& e) {
    refuse(name, fmt::format("is no partial: its line {} has {}", at + 1, e.what()));
  }
}

void case_table::check_partials() const {
  for (const std::string& s : state_->shards)
    if (state_->shards.count(s) > 1)
      throw error("E_PARTIAL", fmt::format("the shard {} is there twice", s), blame::request);
  if (!state_->shards.empty()) {
    shard part = shard::parse(*state_->shards.begin());
    for (const std::string& s : state_->shards)
      if (shard::parse(s).count != part.count)
        throw error("E_PARTIAL", fmt::format("the shards {} and {} are of two divisions", part.text(), s),
                    blame::request);
    for (part.index = 0; part.index < part.count; ++part.index)  // ends at the first that is missing
      if (!state_->shards.contains(part.text()))
        throw error("E_PARTIAL", fmt::format("the shard {} is missing", part.text()), blame::request);
  }
  for (std::size_t i = 1; i < state_->rows.size(); ++i)
    if (state_->rows[i].id == state_->rows[i - 1].id && state_->rows[i].patient == state_->rows[i - 1].patient &&
        !state_->rows[i].repeat && !state_->rows[i - 1].repeat)
      throw error("E_DUPLICATE",
                  fmt::format("a case is in the partials twice (its id hashes to {})", hex(state_->rows[i].id)),
                  blame::request);
}

case_table case_table::of_partials(const std::vector<std::string>& paths, const case_options& options,
                                   const std::string& version) {
  case_table table(options);
  for (const std::string& path : paths) {
    table.take_partial(read_given(path, most_bytes), path, version);
  }
  table.close();
  table.check_partials();
  return table;
}

}  // namespace medvision
