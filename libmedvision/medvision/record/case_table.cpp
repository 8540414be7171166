// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/case_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "medvision/error.hpp"
#include "medvision/record/case_rows.hpp"
#include "medvision/record/manifest.hpp"

namespace medvision {
namespace {

/// values[i] becomes what values[order[i]] was, along the cycles of the order, so that nothing is held twice.
template <class T>
void permute(T& values, const std::vector<std::uint32_t>& order) {
  std::vector<bool> done(order.size());
  for (std::size_t start = 0; start < order.size(); ++start) {
    if (done[start]) continue;
    auto first = std::move(values[start]);
    std::size_t at = start;
    for (; order[at] != start; at = order[at]) {
      values[at] = std::move(values[order[at]]);
      done[at] = true;
    }
    values[at] = std::move(first);
    done[at] = true;
  }
}

}  // namespace

case_table::case_table(case_options options, bool keep_ids) : state_(std::make_unique<state>()) {
  state_->options = std::move(options);
  state_->keep_ids = keep_ids;
}
case_table::case_table(case_table&&) noexcept = default;
case_table::~case_table() = default;

std::uint32_t case_table::group_count() const { return std::uint32_t(state_->groups.size()); }

std::vector<std::pair<std::string, std::string>> case_table::by(std::uint32_t group) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 0; i < state_->options.by.size(); ++i)
    out.emplace_back(state_->options.by[i], state_->groups[group][i]);
  return out;
}

void case_table::add(const record& r) {
  std::vector<std::string> values;
  for (const std::string& field : state_->options.by) values.push_back(r.text(field).value_or(""));
  case_row row{
      r.shard_hash(), fnv1a_64(r.id()), state_->group_of(values), r.failed(), r.text("tags.patient").has_value(),
      false};
  if (const auto f = r.get_failure()) row.repeat = f->code == "E_DUPLICATE";
  state_->rows.push_back(row);
  if (state_->keep_ids) state_->ids.push_back(r.id());
  if (!row.failed) {
    for (const auto& [name, value] : r.measures()) {
      if (!state_->options.only.empty() &&
          std::find(state_->options.only.begin(), state_->options.only.end(), name) == state_->options.only.end())
        continue;
      auto& column = state_->columns[name];
      column.resize(state_->rows.size(), state::absent);
      column.back() = value.value_or(state::undefined);
    }
    for (const auto& [name, f] : r.features())
      if ((name.ends_with(".pool") || name.ends_with(".froc")) && f.shape.size() == 2 && f.shape[1] == 3)
        state_->pools.push_back({row.group, name, f.path});
  }
}

void case_table::close() {
  for (auto& [name, column] : state_->columns) column.resize(state_->rows.size(), state::absent);
  std::vector<std::uint32_t> number(state_->groups.size());
  std::uint32_t next = 0;
  for (auto& [values, at] : state_->group_numbers) number[at] = next, state_->groups[next] = values, at = next++;
  for (case_row& row : state_->rows) row.group = number[row.group];
  for (pool_file& p : state_->pools) p.group = number[p.group];
  if (state_->rows.size() > std::numeric_limits<std::uint32_t>::max())
    throw error("E_TOO_LARGE", "a study of more than 4,294,967,295 cases is not read", blame::request);
  std::vector<std::uint32_t> order(state_->rows.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto key = [&](const case_row& r) { return std::tuple(r.patient, r.id, r.failed, r.repeat); };
    const auto of_a = key(state_->rows[a]), of_b = key(state_->rows[b]);
    return of_a != of_b ? of_a < of_b : a < b;  // equal ones as they came, so that what is written reads the same
  });
  permute(state_->rows, order);
  if (state_->keep_ids) permute(state_->ids, order);
  for (auto& [name, column] : state_->columns) permute(column, order);
  std::sort(state_->pools.begin(), state_->pools.end(), [](const pool_file& a, const pool_file& b) {
    return std::tie(a.group, a.name, a.path) < std::tie(b.group, b.name, b.path);
  });
}

std::map<std::string, std::vector<std::string>> case_table::pools(std::uint32_t group) const {
  std::map<std::string, std::vector<std::string>> out;
  for (const pool_file& p : state_->pools)
    if (p.group == group) out[p.name].push_back(p.path);
  return out;
}

std::int64_t case_table::failures() const {
  return std::count_if(state_->rows.begin(), state_->rows.end(), [](const case_row& r) { return r.failed; });
}

std::vector<std::string> case_table::measures() const {
  std::vector<std::string> names;
  for (const auto& [name, column] : state_->columns) names.push_back(name);
  return names;
}

std::vector<std::pair<std::string, std::int64_t>> case_table::group_cases::counts() const {
  return {{"n", std::int64_t(patients.size())}, {"failed", failures}, {"without_patient", without_patient}};
}

case_table::group_cases case_table::cases(std::uint32_t group) const {
  group_cases c;
  c.patients.reserve(state_->rows_of(group)), c.failed.reserve(state_->rows_of(group));
  for (const case_row& r : state_->rows)
    if (r.group == group) {
      c.patients.push_back(r.patient);
      c.failed.push_back(r.failed);
      c.failures += r.failed;
      c.without_patient += !r.has_patient;
    }
  return c;
}

std::vector<double> case_table::values(const std::string& measure, std::uint32_t group) const {
  const auto column = state_->columns.find(measure);
  std::vector<double> out;
  out.reserve(state_->rows_of(group));
  for (std::size_t i = 0; i < state_->rows.size(); ++i)
    if (state_->rows[i].group == group)
      out.push_back(column == state_->columns.end() ? state::absent : column->second[i]);
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
  const auto here = state_->columns.find(measure), there = other.state_->columns.find(measure);
  paired_values out;
  if (state_->ids.empty() || here == state_->columns.end() || there == other.state_->columns.end()) return out;
  std::unordered_map<std::string_view, std::size_t> row_of;
  for (std::size_t i = 0; i < other.state_->ids.size(); ++i) row_of.emplace(other.state_->ids[i], i);
  for (std::size_t i = 0; i < state_->rows.size(); ++i) {
    const auto at = row_of.find(state_->ids[i]);
    if (state_->rows[i].group != group || at == row_of.end()) continue;
    const double a = here->second[i], b = there->second[at->second];
    if (!std::isfinite(a) || !std::isfinite(b)) continue;
    out.patients.push_back(state_->rows[i].patient);
    out.here.push_back(a), out.there.push_back(b);
  }
  return out;
}

case_table case_table::of_manifest(const std::string& path, const case_options& options) {
  case_table table(options, true);
  read_manifest(path, "manifest", [&](const record& r) { table.add(r); });
  table.close();
  return table;
}

void case_table::check_ids(const case_table& other) const {
  const std::set<std::string> here(state_->ids.begin(), state_->ids.end()),
      there(other.state_->ids.begin(), other.state_->ids.end());
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
