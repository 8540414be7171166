// SPDX-License-Identifier: Apache-2.0
// CSV by RFC 4180, a cell at a time.
#include "medvision/record/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "medvision/error.hpp"

namespace medvision {
namespace {

[[noreturn]] void refuse(std::string_view name, std::int64_t line, const std::string& why) {
  throw error("E_CSV", fmt::format("{}: line {}: {}", name, line, why), blame::request);
}

/// Length of the UTF-8 sequence `text` begins with; 0 when it is none (overlong, surrogate, out of range).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : (lead & 0xF0) == 0xE0       ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const unsigned second = byte(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return length;
}

void check_utf8(std::string_view text, std::string_view name) {
  std::int64_t line = 1;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) refuse(name, line, fmt::format("byte {:02X} is no UTF-8", static_cast<unsigned char>(text[0])));
    line += text[0] == '\n';
    text.remove_prefix(length);
  }
}

class csv_reader {
 public:
  csv_reader(std::string_view text, std::string_view name) : rest_(text), name_(name) {}

  /// The next line that is not empty; nullopt at the end.
  std::optional<csv_table::row> next() {
    while (accept_line_end()) {
    }
    if (rest_.empty()) return std::nullopt;
    csv_table::row row{line_, {}};
    do row.cells.push_back(read_cell());
    while (accept_comma());
    if (!rest_.empty() && !accept_line_end()) refuse(name_, line_, "text after a closing quote");
    return row;
  }

 private:
  bool accept_comma() {
    if (!rest_.starts_with(',')) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool accept_line_end() {
    const std::size_t length = rest_.starts_with("\r\n") ? 2 : rest_.starts_with('\n') ? 1 : 0;
    rest_.remove_prefix(length);
    line_ += length > 0;
    return length > 0;
  }
  std::string read_cell() {
    if (rest_.starts_with('"')) return read_quoted();
    const std::size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
    std::string cell(rest_.substr(0, end));
    // The carriage return of a line end is left for it.
    if (cell.ends_with('\r') && (end == rest_.size() || rest_[end] == '\n')) cell.pop_back();
    if (cell.find('"') != std::string::npos) refuse(name_, line_, "a quote within a cell that does not begin with one");
    rest_.remove_prefix(end == rest_.size() ? end : cell.size());
    return cell;
  }
  std::string read_quoted() {
    const std::int64_t begin = line_;
    std::string cell;
    rest_.remove_prefix(1);
    for (;;) {
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos) refuse(name_, begin, "a quote that does not end");
      cell += rest_.substr(0, quote);
      line_ += std::count(rest_.begin(), rest_.begin() + std::ptrdiff_t(quote), '\n');
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) return cell;
      cell += '"';
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_, name_;
  std::int64_t line_ = 1;
};

}  // namespace

csv_table parse_csv(std::string_view text, std::string_view name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  check_utf8(text, name);
  csv_reader reader(text, name);
  csv_table t;
  auto head = reader.next();
  if (!head) refuse(name, 1, "no line with names of columns");
  t.columns = std::move(head->cells);
  std::set<std::string_view> names;
  for (const std::string& column : t.columns) {
    if (column.empty()) refuse(name, head->line, "a column without name");
    if (!names.insert(column).second) refuse(name, head->line, fmt::format("the column '{}' twice", column));
  }
  while (auto row = reader.next()) {
    if (row->cells.size() != t.columns.size())
      refuse(name, row->line, fmt::format("{} cells, expected {}", row->cells.size(), t.columns.size()));
    t.rows.push_back(std::move(*row));
  }
  return t;
}

step_value cell_value(std::string_view cell) {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  const std::string_view digits = cell.starts_with('-') ? cell.substr(1) : cell;
  // 007 and 1.2.3 are names; so is what only a C programmer takes for a number.
  const bool plain =
      !digits.empty() && digits[0] >= '0' && digits[0] <= '9' &&
      !(digits.size() > 1 && digits[0] == '0' && digits[1] != '.' && digits[1] != 'e' && digits[1] != 'E');
  if (!plain) return std::string(cell);
  std::int64_t whole = 0;
  const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), whole);
  if (end == cell.data() + cell.size()) {
    if (problem == std::errc{} && whole >= -exact && whole <= exact && cell != "-0") return whole;
    return std::string(cell);
  }
  if (const auto value = number_of(cell)) return *value;
  return std::string(cell);
}

std::optional<double> number_of(std::string_view cell) {
  double value = 0;
  const auto [end, problem] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (problem != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace medvision
