// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "medvision/record/json_fields.hpp"

namespace medvision {

using json_fields::json;
using json_fields::json_of;

namespace {

json number_of(const std::optional<double>& v) { return v ? json(*v) : json(nullptr); }

std::string group_head(const study_group& g) {
  json by = json::object(), counts = json::object();
  for (const auto& [name, value] : g.by) by[name] = value;
  for (const auto& [name, value] : g.counts) counts[name] = value;
  return fmt::format("{{\"by\":{},\"counts\":{}", dump_json(by), dump_json(counts));
}

std::string confusion_json(const study_confusion& c) {
  json rows = json::array();
  const std::size_t n = c.labels.size();
  for (std::size_t i = 0; i < n; ++i)
    rows.push_back(std::vector<std::int64_t>(c.counts.begin() + long(i * n), c.counts.begin() + long(i * n + n)));
  return fmt::format(",\n\"confusion\":{{\"labels\":{},\"truth_by_predicted\":{}}}", dump_json(json(c.labels)),
                     dump_json(rows));
}

std::string figure_json(const study_figure& f) {
  json values = json::object();
  for (const auto& [name, value] : f.values) values[name] = number_of(value);
  if (!f.why.empty()) values["why"] = f.why;
  return fmt::format("\n{}:{}", dump_json(json(f.name)), dump_json(values));
}

std::string curve_json(const study_curve& c) {
  json curve = {{"x", c.x}, {"y", c.y}, {"points", c.points}};
  if (!c.why.empty()) curve["why"] = c.why;
  return fmt::format("\n{}:{}", dump_json(json(c.name)), dump_json(curve));
}

/// Text of one line: what a terminal or a table could trip over becomes '?'.
std::string plain_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

std::string for_people(const std::optional<double>& v) {
  if (!v) return "-";
  if (std::abs(*v) < 1e15 && *v == double(std::int64_t(*v))) return fmt::format("{}", std::int64_t(*v));
  return std::abs(*v) < 10000 && std::abs(*v) >= 0.0001 ? fmt::format("{:.4f}", *v) : fmt::format("{:.4g}", *v);
}

using table_rows = std::vector<std::vector<std::string>>;

std::size_t length_of(std::string_view text) {  // characters: bytes that continue none
  return std::size_t(std::count_if(text.begin(), text.end(), [](unsigned char b) { return (b & 0xC0) != 0x80; }));
}

/// Columns aligned: the first to the left, numbers to the right.
std::string aligned(const table_rows& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], length_of(row[i]));
    }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - length_of(row[i]), ' ');
      line += (i ? "  " : "") + (i ? pad + row[i] : row[i] + pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::vector<std::string> names_of(const study_figure& f) {
  std::vector<std::string> names;
  for (const auto& [name, value] : f.values) names.push_back(name);
  return names;
}

std::string figures_table(const std::vector<study_figure>& figures) {
  std::string out;
  for (std::size_t i = 0, end = 0; i < figures.size(); i = end) {
    const auto names = names_of(figures[i]);
    table_rows rows = {{"figure"}};
    rows[0].insert(rows[0].end(), names.begin(), names.end());
    for (; end < figures.size() && names_of(figures[end]) == names; ++end) {
      rows.push_back({plain_line(figures[end].name)});
      for (const auto& [name, value] : figures[end].values) rows.back().push_back(for_people(value));
    }
    out += (i ? "\n" : "") + aligned(rows);
  }
  return out;
}

std::string confusion_table_text(const study_confusion& c) {
  table_rows rows = {{"truth \\ predicted"}};
  for (const auto& label : c.labels) rows[0].push_back(plain_line(label));
  for (std::size_t i = 0; i < c.labels.size(); ++i) {
    rows.push_back({plain_line(c.labels[i])});
    for (std::size_t j = 0; j < c.labels.size(); ++j)
      rows.back().push_back(std::to_string(c.counts[i * c.labels.size() + j]));
  }
  return "\n" + aligned(rows);
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string csv_line(const study_group& g, const study_figure& f, const std::vector<std::string>& columns) {
  std::vector<std::string> cells;
  for (const auto& [name, value] : g.by) cells.push_back(quoted(value));
  cells.push_back(quoted(f.name));
  for (const auto& column : columns) {
    const auto at = std::find_if(f.values.begin(), f.values.end(), [&](const auto& v) { return v.first == column; });
    cells.push_back(at == f.values.end() || !at->second ? "" : dump_json(json(*at->second)));
  }
  cells.push_back(quoted(f.why));
  return fmt::format("{}\n", fmt::join(cells, ","));
}

study_figure counts_as_figure(const study_group& g) {
  study_figure f{"cases", {}, ""};
  for (const auto& [name, count] : g.counts) f.values.emplace_back(name, double(count));
  return f;
}

}  // namespace

void keep_finite(study_figure& f) {
  for (auto& [name, value] : f.values) {
    if (!value || std::isfinite(*value)) continue;
    value.reset();
    f.why += fmt::format("{}{}: beyond the range of numbers", f.why.empty() ? "" : "; ", name);
  }
}

std::string study_json(const study& s) {
  json options = json::object();
  for (const auto& [name, value] : s.options) options[name] = json_of(value);
  std::string out = fmt::format("{{\"program\":{},\"version\":{},\"options\":{},\n\"groups\":[",
                                dump_json(json(s.program)), dump_json(json(s.version)), dump_json(options));
  for (std::size_t i = 0; i < s.groups.size(); ++i) {
    const study_group& g = s.groups[i];
    out += (i ? ",\n" : "\n") + group_head(g);
    if (g.confusion) out += confusion_json(*g.confusion);
    out += ",\n\"figures\":{";
    for (std::size_t f = 0; f < g.figures.size(); ++f) out += (f ? "," : "") + figure_json(g.figures[f]);
    if (!g.curves.empty()) out += "},\n\"curves\":{";
    for (std::size_t c = 0; c < g.curves.size(); ++c) out += (c ? "," : "") + curve_json(g.curves[c]);
    out += "}}";
  }
  return out + "]}\n";
}

std::string study_table(const study& s) {
  std::string out;
  for (const study_group& g : s.groups) {
    if (!out.empty()) out += "\n";
    std::vector<std::string> head;
    for (const auto& [name, value] : g.by) head.push_back(plain_line(name + " " + value));
    for (const auto& [name, count] : g.counts) head.push_back(fmt::format("{} {}", name, count));
    out += fmt::format("{}\n", fmt::join(head, ", "));
    if (g.confusion) out += confusion_table_text(*g.confusion);
    if (!g.figures.empty()) out += "\n" + figures_table(g.figures);
  }
  return out;
}

std::string study_csv(const study& s) {
  std::vector<std::string> columns, head;
  const auto meet = [&](const study_figure& f) {
    for (const auto& [name, value] : f.values)
      if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
  };
  for (const study_group& g : s.groups) {
    meet(counts_as_figure(g));
    for (const study_figure& f : g.figures) meet(f);
  }
  if (!s.groups.empty())
    for (const auto& [name, value] : s.groups[0].by) head.push_back(quoted(name));
  head.push_back("figure");
  for (const auto& column : columns) head.push_back(quoted(column));
  std::string out = fmt::format("{},why\n", fmt::join(head, ","));
  for (const study_group& g : s.groups) {
    out += csv_line(g, counts_as_figure(g), columns);
    for (const study_figure& f : g.figures) out += csv_line(g, f, columns);
  }
  return out;
}

}  // namespace medvision
