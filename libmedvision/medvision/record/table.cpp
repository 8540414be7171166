// SPDX-License-Identifier: Apache-2.0
// Rows kept as text, aligned when enough are known.
#include "medvision/record/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace medvision {
namespace {

/// Characters of UTF-8: bytes that do not continue one.
std::size_t length_of(std::string_view text) {
  return std::size_t(std::count_if(text.begin(), text.end(), [](unsigned char b) { return (b & 0xC0) != 0x80; }));
}

std::string size_of(const record& r) {
  const auto p = r.picture();
  if (!p) return "-";
  std::string size = fmt::format("{}x{}", p->width, p->height);
  if (p->channels > 0) size += fmt::format("x{}", p->channels);
  return p->depth.empty() ? size : size + " " + p->depth;
}

std::string maps_of(const record& r) {
  std::string text;
  for (const auto& [name, m] : r.maps())
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, fmt::join(m.shape, "x"));
  return text.empty() ? "-" : text;
}

}  // namespace

void record_table::add(const record& r, const std::vector<std::string>& problems) {
  if (count_ == 0) add_row({"id", "size", "image", "maps", "problem"});
  std::string problem = problems.empty() ? "-" : problems.front();
  if (problems.size() > 1) problem += fmt::format(" (and {} more)", problems.size() - 1);
  // A failed record is passed on whatever it holds, so only its id and its failure are read.
  if (r.failed())
    add_row({r.id(), "-", "-", "-", problem});
  else
    add_row({r.id(), size_of(r), r.has_image() ? r.image() : "-", maps_of(r), problem});
}

void record_table::add_row(const std::array<std::string, columns>& cells) {
  for (std::size_t i = 0; i < columns; ++i) {
    std::string cell = cells[i];
    for (char& c : cell)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    if (count_ <= measured) widths_[i] = std::max(widths_[i], length_of(cell));
    rows_ += cell + "\t";
  }
  rows_ += "\n";
  ++count_;
}

std::string record_table::take(bool ended) {
  std::string out;
  if (!ended && count_ <= measured) return out;
  std::size_t column = 0;
  for (std::size_t begin = 0; begin < rows_.size(); ++begin) {
    if (rows_[begin] == '\n') {
      out += '\n';
      column = 0;
      continue;
    }
    const std::size_t end = rows_.find('\t', begin);
    const std::string_view cell = std::string_view(rows_).substr(begin, end - begin);
    out += cell;
    if (column + 1 < columns) out += std::string(std::max(widths_[column], length_of(cell)) - length_of(cell) + 2, ' ');
    ++column;
    begin = end;
  }
  rows_.clear();
  return out;
}

}  // namespace medvision
