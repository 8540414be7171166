// SPDX-License-Identifier: Apache-2.0
#include "medvision/report/page.hpp"

#include <fmt/format.h>

#include "medvision/draw/svg.hpp"
#include "medvision/report/drawings.hpp"
#include "medvision/report/tables.hpp"

namespace medvision {

std::string_view page_style();  // page.css

namespace {

std::string section(const char* id, const char* title, const std::string& inside) {
  return inside.empty() ? "" : fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", id, title, inside);
}

std::string paragraph(const std::string& text) { return "<p>" + markup(text) + "</p>\n"; }

std::string side_by_side(const std::string& inside) {
  return inside.empty() ? "" : "<div class=\"plots\">\n" + inside + "</div>\n";
}

std::string drawings_of(const std::vector<report_series>& series) {
  const report_drawings drawn = draw_series(series);
  if (drawn.svgs.empty()) return "";
  std::string figures;
  for (const std::string& svg : drawn.svgs) figures += "<figure>" + svg + "</figure>\n";
  std::string out = side_by_side(figures);
  for (const std::string& remark : drawn.remarks) out += paragraph(remark);
  return out;
}

std::string gallery_of(const report_gallery& g) {
  std::string text =
      g.shown.size() == std::size_t(g.met)
          ? fmt::format("All {} cases, {}", g.met, g.order)
          : fmt::format("The first {} of {} cases, {}; the others are not shown", g.shown.size(), g.met, g.order);
  text += g.failed > 0 ? fmt::format(". Of all, {} failed.", g.failed) : ". None failed.";
  return paragraph(text) + "<div class=\"cases\">\n" + cards_of(g.shown) + "</div>\n";
}

std::string all_numbers(const std::vector<report_series>& series) {
  const std::string tables = tables_of_numbers(series);
  return tables.empty() ? "" : "<details><summary>Every number of every figure</summary>\n" + tables + "</details>\n";
}

}  // namespace

std::string report_page(const report_content& content) {
  const auto series = series_of(content.systems);
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "img-src data:\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title><style>{1}</style></head>\n<body>\n<header><h1>{0}</h1>"
      "<p class=\"notice\">Not for clinical use</p></header>\n<main>\n",
      markup(content.title), page_style());
  if (!series.empty()) out += section("systems", "Systems", table_of_systems(content.systems, series));
  out += section("drawings", "Drawings", drawings_of(series));
  out += section("six", "Six measures and confusion", side_by_side(table_of_six(series) + tables_of_confusion(series)));
  if (content.gallery) out += section("cases", "Cases", gallery_of(*content.gallery));
  out += section("figures", "Figures", side_by_side(tables_of_figures(series)));
  out += section("numbers", "All numbers", all_numbers(series));
  return out + fmt::format(
                   "</main>\n<footer>Made by med-report {}. An undefined number is – with its reason; it is "
                   "counted and no mean takes it for 0. Not for clinical use.</footer>\n</body></html>\n",
                   markup(content.version));
}

}  // namespace medvision
