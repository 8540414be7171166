// SPDX-License-Identifier: Apache-2.0
#include "medvision/report/tables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "medvision/draw/svg.hpp"

namespace medvision {
namespace {

constexpr std::size_t most_labels = 40;

using all_series = std::vector<report_series>;

std::string name_cell(const std::string& name) {
  return fmt::format("<th scope=\"row\"><bdi>{}</bdi></th>", markup(name));
}

/// The first `texts` columns hold text, the others numbers.
std::string head(const std::vector<std::string>& names, std::size_t texts = 1) {
  std::string row = "<tr>";
  for (std::size_t i = 0; i < names.size(); ++i)
    row += fmt::format("<th scope=\"col\"{}><bdi>{}</bdi></th>", i < texts ? " class=\"text\"" : "", markup(names[i]));
  return "<thead>" + row + "</tr></thead>\n";
}

std::string table(const std::string& headed, const std::string& rows) {
  return "<div class=\"wide\"><table>" + headed + "<tbody>\n" + rows + "</tbody></table></div>\n";
}

std::vector<std::string> with_names(std::string first, const all_series& series) {
  std::vector<std::string> names = {std::move(first)};
  for (const report_series& s : series) names.push_back(s.name);
  return names;
}

std::string number_cell(const std::optional<double>& v, const std::string& why) {
  if (v) return fmt::format("<td>{}</td>", for_reading(*v));
  return fmt::format("<td class=\"none\"{}>–</td>", why.empty() ? "" : fmt::format(" title=\"{}\"", markup(why)));
}

std::string text_of(const step_value& v) {
  return std::visit(
      [](const auto& x) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, bool>)
          return x ? "" : "no";
        else
          return fmt::format("{}", x);
      },
      v);
}

/// "--scores grade --curves": as they were given.
std::string options_of(const study& s) {
  std::string text;
  for (const auto& [name, value] : s.options) {
    const std::string said = text_of(value);
    text += fmt::format("{}--{}{}", text.empty() ? "" : " ", name, said.empty() ? "" : " " + said);
  }
  return text;
}

std::string line_sample(int look) {
  return fmt::format(R"(<svg width="34" height="12" aria-hidden="true"><path d="M2 6h30" {}/></svg>)",
                     stroke(look_of(look)));
}

std::vector<std::string> figure_names(const all_series& series) {
  return met_in_order(series, [](const study_group& g, const auto& meet) {
    for (const study_figure& f : g.figures) meet(f.name);
  });
}

/// A figure that has a headline: number, cases, reason.
std::string figure_cell(const study_figure& f) {
  const headline h = *headline_of(f);
  std::string beside;
  for (const char* name : {"n", "failed", "undefined", "excluded"})
    if (const auto v = number_named(f, name); v && (*v != 0 || std::string_view(name) == "n"))
      beside += fmt::format("{}{} {}", beside.empty() ? "" : ", ", name, for_reading(*v));
  if (!h.value) beside += (beside.empty() ? "" : "; ") + undefined_note(f.why);
  return fmt::format("<td{}>{}{}</td>", h.value ? "" : " class=\"none\"", for_reading(h),
                     beside.empty() ? "" : " <small>" + markup(beside) + "</small>");
}

std::string row_of_numbers(const report_series& s, const study_figure& f) {
  std::string row = "<tr>" + name_cell(f.name) + fmt::format("<td class=\"text\"><bdi>{}</bdi></td>", markup(s.name));
  for (const auto& [name, value] : f.values) row += number_cell(value, f.why);
  return row + fmt::format("<td class=\"text\"><small>{}</small></td></tr>\n", markup(f.why));
}

}  // namespace

std::string table_of_systems(const std::vector<report_system>& systems, const all_series& series) {
  const auto counts = met_in_order(series, [](const study_group& g, const auto& meet) {
    for (const auto& [name, n] : g.counts) meet(name);
  });
  std::vector<std::string> names = {"", "system", "made by", "options"};
  for (const std::string& name : counts) names.push_back(in_words(name));
  std::string rows;
  auto next = series.begin();
  for (const report_system& system : systems)
    for (std::size_t i = 0; i < system.found.groups.size(); ++i, ++next) {
      rows += "<tr><td>" + (next->look < looks ? line_sample(next->look) : "") + "</td>" + name_cell(next->name);
      rows += fmt::format("<td class=\"text\">{} {}</td><td class=\"text\"><code>{}</code></td>",
                          markup(system.found.program), markup(system.found.version), markup(options_of(system.found)));
      for (const std::string& name : counts) {
        const auto& all = next->group->counts;
        const auto at = std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.first == name; });
        rows += at == all.end() ? "<td></td>" : fmt::format("<td>{}</td>", at->second);
      }
      rows += "</tr>\n";
    }
  return table(head(names, 4), rows);
}

std::string tables_of_figures(const all_series& series) {
  std::vector<std::pair<all_series, std::string>> kinds;  // those that have the figures, and the rows
  for (const std::string& name : figure_names(series)) {
    if (name.find('@') != std::string::npos) continue;
    const auto lacks = [&](const report_series& s) {
      const study_figure* f = figure_named(*s.group, name);
      return !f || !headline_of(*f);
    };
    all_series with = series;
    std::erase_if(with, lacks);
    if (with.empty()) continue;
    const auto same = [&](const auto& k) {
      return std::equal(k.first.begin(), k.first.end(), with.begin(), with.end(),
                        [](const auto& a, const auto& b) { return a.group == b.group; });
    };
    auto at = std::find_if(kinds.begin(), kinds.end(), same);
    if (at == kinds.end()) at = kinds.insert(at, {with, ""});
    at->second += "<tr>" + name_cell(in_words(name));
    for (const report_series& s : with) at->second += figure_cell(*figure_named(*s.group, name));
    at->second += "</tr>\n";
  }
  std::string out;
  for (const auto& [with, rows] : kinds) out += table(head(with_names("figure", with)), rows);
  return out;
}

std::string table_of_six(const all_series& series) {
  all_series with = series;
  std::erase_if(with, [](const report_series& s) { return !figure_named(*s.group, "six"); });
  std::string rows;
  for (const char* figure : {"six", "six_at"}) {
    const auto names = met_in_order(with, [&](const study_group& g, const auto& meet) {
      if (const study_figure* f = figure_named(g, figure))
        for (const auto& [name, value] : f->values) meet(name);
    });
    for (const std::string& name : names) {
      rows += "<tr>" + name_cell(in_words(name));
      for (const report_series& s : with) {
        const study_figure* f = figure_named(*s.group, figure);
        rows += f ? number_cell(number_named(*f, name), f->why) : "<td></td>";
      }
      rows += "</tr>\n";
    }
  }
  return rows.empty() ? "" : table(head(with_names("measure", with)), rows);
}

std::string tables_of_numbers(const all_series& series) {
  std::vector<std::pair<std::vector<std::string>, std::string>> kinds;  // names of the numbers, and the rows
  for (const std::string& name : figure_names(series))
    for (const report_series& s : series) {
      const study_figure* f = figure_named(*s.group, name);
      if (!f) continue;
      std::vector<std::string> numbers;
      for (const auto& [number, value] : f->values) numbers.push_back(number);
      auto at = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == numbers; });
      if (at == kinds.end()) at = kinds.insert(at, {numbers, ""});
      at->second += row_of_numbers(s, *f);
    }
  std::string out;
  for (const auto& [numbers, rows] : kinds) {
    std::vector<std::string> names = {"figure", "system"};
    for (const std::string& number : numbers) names.push_back(in_words(number));
    names.push_back("why undefined");
    out += table(head(names, 2), rows);
  }
  return out;
}

std::string tables_of_confusion(const all_series& series) {
  std::string out;
  for (const report_series& s : series) {
    if (!s.group->confusion) continue;
    const study_confusion& c = *s.group->confusion;
    const std::size_t n = c.labels.size();
    out += fmt::format("<figure><figcaption><bdi>{}</bdi></figcaption>", markup(s.name));
    if (n > most_labels) {
      out += fmt::format("<p>{} labels: too many to be shown; the document holds the table.</p></figure>\n", n);
      continue;
    }
    std::vector<std::string> names = {"true \\ predicted"};
    names.insert(names.end(), c.labels.begin(), c.labels.end());
    std::string rows;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < n; ++j) sum += double(c.counts[i * n + j]);
      rows += "<tr>" + name_cell(c.labels[i]);
      for (std::size_t j = 0; j < n; ++j) {
        const double share = sum > 0 ? double(c.counts[i * n + j]) / sum : 0;
        rows +=
            fmt::format("<td style=\"background:rgba(0,114,178,{:.2f})\">{}</td>", share * 0.45, c.counts[i * n + j]);
      }
      rows += "</tr>\n";
    }
    out += table(head(names), rows) + "</figure>\n";
  }
  return out;
}

}  // namespace medvision
