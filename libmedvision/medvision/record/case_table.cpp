// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/case_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "medvision/record/json_fields.hpp"
#include "medvision/record/manifest.hpp"

namespace medvision {

using json_fields::json;

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
constexpr double absent = std::numeric_limits<double>::infinity();

template <class T>
void permute(std::vector<T>& values, const std::vector<std::size_t>& order) {
  std::vector<T> sorted;
  sorted.reserve(values.size());
  for (const std::size_t i : order) sorted.push_back(std::move(values[i]));
  values = std::move(sorted);
}

[[noreturn]] void refuse(const std::string& name, std::string_view why) {
  throw error("E_PARTIAL", fmt::format("the partial {} {}", name, why), blame::request);
}

json value_json(double v) { return v == absent ? json(false) : v != v ? json(nullptr) : json(v); }
double json_value(const json& v) { return v.is_null() ? undefined : v.is_boolean() ? absent : v.get<double>(); }

std::string hex(std::uint64_t v) { return fmt::format("{:016x}", v); }
std::uint64_t unhex(const json& v) { return std::stoull(v.get<std::string>(), nullptr, 16); }

// The lines of a text that ends with its seal: how many came before, and their hash.
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
  const std::string seal = fmt::format("{{\"lines\":{},\"fnv1a\":\"{}\"}}\n", lines.size(), hex(fnv1a_64(body)));
  if (text.substr(end + 1) != seal) refuse(name, "is cut or was changed: its last line does not seal what is there");
  return lines;
}

}  // namespace

std::uint32_t case_table::group_of(const std::vector<std::string>& values) {
  const auto [it, fresh] = group_numbers_.try_emplace(values, std::uint32_t(groups_.size()));
  if (fresh) groups_.push_back(values);
  return it->second;
}

void case_table::add(const record& r) {
  std::vector<std::string> values;
  for (const std::string& field : options_.by) values.push_back(r.text(field).value_or(""));
  case_row row{r.shard_hash(), fnv1a_64(r.id()), group_of(values), r.failed(), r.text("tags.patient").has_value()};
  rows_.push_back(row);
  if (options_.keep_ids) ids_.push_back(r.id());
  if (!row.failed) {
    for (const auto& [name, value] : r.measures()) {
      if (!options_.only.empty() && std::find(options_.only.begin(), options_.only.end(), name) == options_.only.end())
        continue;
      auto& column = columns_[name];
      column.resize(rows_.size(), absent);
      column.back() = value.value_or(undefined);
    }
    for (const auto& [name, f] : r.features())
      if ((name.ends_with(".pool") || name.ends_with(".froc")) && f.shape.size() == 2 && f.shape[1] == 3)
        pools_.push_back({row.group, name, f.path});
  }
}

void case_table::close() {
  for (auto& [name, column] : columns_) column.resize(rows_.size(), absent);
  std::vector<std::uint32_t> number(groups_.size());
  std::uint32_t next = 0;
  for (auto& [values, at] : group_numbers_) number[at] = next, groups_[next] = values, at = next++;
  for (case_row& row : rows_) row.group = number[row.group];
  for (pool_file& p : pools_) p.group = number[p.group];
  std::vector<std::size_t> order(rows_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tuple(rows_[a].patient, rows_[a].id, rows_[a].failed) <
           std::tuple(rows_[b].patient, rows_[b].id, rows_[b].failed);
  });
  permute(rows_, order);
  if (options_.keep_ids) permute(ids_, order);
  for (auto& [name, column] : columns_) permute(column, order);
  std::sort(pools_.begin(), pools_.end(), [](const pool_file& a, const pool_file& b) {
    return std::tie(a.group, a.name, a.path) < std::tie(b.group, b.name, b.path);
  });
}

std::string case_table::partial(const std::string& version, const std::string& shard) const {
  auto shards = shards_;
  if (!shard.empty()) shards.insert(shard);
  json names = json::array();
  for (const auto& [name, column] : columns_) names.push_back(name);
  const json head = {
      {"partial", "med-summarize"}, {"version", version}, {"by", options_.by}, {"measures", options_.only},
      {"shards", shards},           {"groups", groups_},  {"columns", names}};
  std::string out = dump_json(head) + "\n";
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const case_row& r = rows_[i];
    json values = json::array();
    for (const auto& [name, column] : columns_) values.push_back(value_json(column[i]));
    out +=
        dump_json(json::array({hex(r.patient), hex(r.id), r.group, r.failed, r.has_patient, std::move(values)})) + "\n";
  }
  for (const pool_file& p : pools_) out += dump_json(json::array({p.group, p.name, p.path})) + "\n";
  const auto lines = std::count(out.begin(), out.end(), '\n');
  return out + fmt::format("{{\"lines\":{},\"fnv1a\":\"{}\"}}\n", lines, hex(fnv1a_64(out)));
}

void case_table::take_case(const std::string& line, const std::vector<std::vector<double>*>& columns,
                           const std::vector<std::uint32_t>& groups) {
  const json j = parse_json(line);
  if (j.at(0).is_number()) {
    pools_.push_back({groups.at(j.at(0).get<std::size_t>()), j.at(1).get<std::string>(), j.at(2).get<std::string>()});
    return;
  }
  rows_.push_back({unhex(j.at(0)), unhex(j.at(1)), groups.at(j.at(2).get<std::size_t>()), j.at(3).get<bool>(),
                   j.at(4).get<bool>()});
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i]->resize(rows_.size(), absent);
    columns[i]->back() = json_value(j.at(5).at(i));
  }
}

void case_table::take_partial(const std::string& text, const std::string& name, const std::string& version) {
  const auto lines = unsealed(text, name);
  if (lines.empty()) refuse(name, "has no head");
  try {
    const json head = parse_json(lines[0]);
    if (head.at("partial") != "med-summarize") refuse(name, "is of another program");
    if (head.at("version") != version)
      refuse(name, fmt::format("is of version {}, this is {}", dump_json(head.at("version")), version));
    for (const auto& [option, mine] : {std::pair("by", &options_.by), std::pair("measures", &options_.only)})
      if (head.at(option) != json(*mine))
        refuse(name, fmt::format("was made with --{} {}, here it is {}", option, dump_json(head.at(option)),
                                 dump_json(json(*mine))));
    for (const json& s : head.at("shards")) shards_.insert(s.get<std::string>());
    std::vector<std::uint32_t> groups;
    for (const json& g : head.at("groups")) groups.push_back(group_of(g.get<std::vector<std::string>>()));
    std::vector<std::vector<double>*> columns;
    for (const json& c : head.at("columns")) columns.push_back(&columns_[c.get<std::string>()]);
    for (std::size_t i = 1; i < lines.size(); ++i) take_case(std::string(lines[i]), columns, groups);
  } catch (const json::exception& e) {
    refuse(name, fmt::format("is no partial: {}", e.what()));
  } catch (const std::out_of_range&) {
    refuse(name, "is no partial: it names a group that is not there");
  }
}

void case_table::check_partials() const {
  for (const std::string& s : shards_)
    if (shards_.count(s) > 1) throw error("E_PARTIAL", fmt::format("the shard {} is there twice", s), blame::request);
  if (!shards_.empty()) {
    const std::string of = shards_.begin()->substr(shards_.begin()->find('/'));
    for (int i = 0; i < std::stoi(of.substr(1)); ++i)
      if (!shards_.contains(std::to_string(i) + of))
        throw error("E_PARTIAL", fmt::format("the shard {}{} is missing", i, of), blame::request);
  }
  for (std::size_t i = 1; i < rows_.size(); ++i)
    if (rows_[i].id == rows_[i - 1].id && rows_[i].patient == rows_[i - 1].patient && !rows_[i].failed)
      throw error("E_DUPLICATE", fmt::format("a case is in the partials twice (its id hashes to {})", hex(rows_[i].id)),
                  blame::request);
}

std::map<std::string, std::vector<std::string>> case_table::pools(std::uint32_t group) const {
  std::map<std::string, std::vector<std::string>> out;
  for (const pool_file& p : pools_)
    if (p.group == group) out[p.name].push_back(p.path);
  return out;
}

std::int64_t case_table::failures() const {
  return std::count_if(rows_.begin(), rows_.end(), [](const case_row& r) { return r.failed; });
}

std::vector<std::string> case_table::measures() const {
  std::vector<std::string> names;
  for (const auto& [name, column] : columns_) names.push_back(name);
  return names;
}

case_table::group_cases case_table::cases(std::uint32_t group) const {
  group_cases c;
  for (const case_row& r : rows_)
    if (r.group == group) {
      c.patients.push_back(r.patient);
      c.failed.push_back(r.failed);
      c.failures += r.failed;
      c.without_patient += !r.has_patient;
    }
  return c;
}

std::vector<double> case_table::values(const std::string& measure, std::uint32_t group) const {
  const auto column = columns_.find(measure);
  std::vector<double> out;
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (rows_[i].group == group) out.push_back(column == columns_.end() ? absent : column->second[i]);
  return out;
}

std::vector<double> case_table::sums(const std::vector<std::string>& measures, std::uint32_t group) const {
  std::vector<double> out;
  for (const std::string& m : measures) {
    const auto values = this->values(m, group);
    if (out.empty()) out.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) out[i] += values[i];
  }
  return out;
}

case_table::paired_values case_table::pairs(const case_table& other, const std::string& measure,
                                            std::uint32_t group) const {
  const auto here = columns_.find(measure), there = other.columns_.find(measure);
  paired_values out;
  if (here == columns_.end() || there == other.columns_.end()) return out;
  std::unordered_map<std::string_view, std::size_t> row_of;
  for (std::size_t i = 0; i < other.ids_.size(); ++i) row_of.emplace(other.ids_[i], i);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto at = row_of.find(ids_[i]);
    if (rows_[i].group != group || at == row_of.end()) continue;
    const double a = here->second[i], b = there->second[at->second];
    if (!std::isfinite(a) || !std::isfinite(b)) continue;
    out.patients.push_back(rows_[i].patient);
    out.here.push_back(a), out.there.push_back(b);
  }
  return out;
}

case_table case_table::of_manifest(const std::string& path, const case_options& options) {
  case_table table(options);
  std::ifstream file = open_manifest(path);
  for (manifest_reader reader(file, "manifest"); const auto r = reader.next();) table.add(*r);
  table.close();
  return table;
}

case_table case_table::of_partials(const std::vector<std::string>& paths, const case_options& options,
                                   const std::string& version) {
  case_table table(options);
  for (const std::string& path : paths) {
    std::ifstream file = open_manifest(path);
    table.take_partial({std::istreambuf_iterator<char>(file), {}}, path, version);
  }
  table.close();
  table.check_partials();
  return table;
}

void case_table::check_ids(const case_table& other) const {
  const std::set<std::string> here(ids_.begin(), ids_.end()), there(other.ids_.begin(), other.ids_.end());
  const auto lacking = [](const std::set<std::string>& of, const std::set<std::string>& in) {
    std::string names;
    int count = 0;
    for (const std::string& id : of)
      if (!in.contains(id) && ++count <= 10) names += (names.empty() ? "" : ", ") + id;
    return count == 0 ? std::string("none") : fmt::format("{} ({}{})", count, names, count > 10 ? ", …" : "");
  };
  const std::string first = lacking(here, there), second = lacking(there, here);
  if (first != "none" || second != "none")
    throw error("E_IDS",
                fmt::format("the two manifests hold different ids; in the first alone: {}; in the second alone: {}",
                            first, second),
                blame::request);
}

}  // namespace medvision
