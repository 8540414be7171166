// SPDX-License-Identifier: Apache-2.0
// Text from users: manifests, JSON, CSV and patterns.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>

#include "medvision/record/case_rows.hpp"
#include "medvision/record/csv.hpp"
#include "medvision/record/json_reader.hpp"
#include "medvision/record/json_text.hpp"
#include "medvision/record/manifest.hpp"
#include "medvision/record/pattern.hpp"
#include "medvision/record/study.hpp"
#include "medvision/record/table.hpp"
#include "tests/fuzz/targets.hpp"

namespace medvision::fuzz {

void json(std::string_view bytes) {
  const auto quick = read_json(bytes);
  may_refuse([&] {
    const ordered_json simple = parse_json_simply(bytes);
    if (quick) expect(*quick == simple && dump_json(*quick) == dump_json(simple), "two readers of JSON differ");
    const std::string text = dump_json(simple);
    expect(dump_json(parse_json(text)) == text, "JSON that was printed reads otherwise");
  });
  if (!quick) return;
  try {
    parse_json_simply(bytes);
  } catch (const error&) {
    throw finding("the quick reader takes what the JSON library refuses");
  }
}

// Whatever a manifest holds, its records can be written, read again and shown, and none is lost.
void manifest(std::string_view bytes) {
  std::istringstream in{std::string(bytes)};
  manifest_reader reader(in, "med-fuzz");
  record_table table;
  std::size_t count = 0;
  while (const auto r = reader.next()) {
    ++count;
    const std::string text = r->dump();
    expect(text.find('\n') == std::string::npos, "a record is more than one line");
    const record again = record::parse(text);
    expect(again.dump() == text && again.id() == r->id(), "a record that was written reads otherwise");
    expect(again.failed() == r->failed(), "a failure is lost in writing");
    static_cast<void>(r->canonical());
    static_cast<void>(r->shard_hash());
    if (!r->failed()) static_cast<void>(r->files());
    // A schema library takes milliseconds: it is asked of one text in sixteen.
    table.add(*r, count == 1 && bytes.size() % 16 == 0 ? r->check() : std::vector<std::string>{});
  }
  expect(!table.take(true).empty() || count == 0, "a table without its rows");
  const auto lines = std::size_t(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
  const auto commas = std::size_t(std::count(bytes.begin(), bytes.end(), ',')) + 2;
  expect(count <= std::max(lines, commas), "more records than lines or elements");
}

void csv(std::string_view bytes) {
  may_refuse([&] {
    const csv_table table = parse_csv(bytes, "a.csv");
    expect(!table.columns.empty(), "a table without columns");
    std::int64_t line = 0;
    for (const auto& row : table.rows) {
      expect(row.cells.size() == table.columns.size(), "a row of another length");
      expect(row.line > line, "lines do not grow");
      line = row.line;
      for (const std::string& cell : row.cells) {
        if (const auto v = number_of(cell)) expect(std::isfinite(*v), "a cell is no finite number");
        record r("a");
        r.set_label("x", cell_value(cell));
        expect(record::parse(r.dump()).labels().contains("x"), "a label is lost");
      }
    }
  });
}

// The first line is the pattern, what follows a name to match.
void pattern(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view name = bytes.substr(std::min(end + 1, bytes.size()));
  may_refuse([&] {
    const name_pattern p(bytes.substr(0, end));
    const auto fields = p.match(name);
    if (!fields) return;
    std::map<std::string, std::string> values;
    for (const auto& [field, value] : *fields) {
      expect(!value.empty(), "a field without a character");
      values[field] = value;
    }
    if (p.text().find("{_") == std::string::npos) expect(p.fill(values) == name, "what was matched fills in otherwise");
  });
  may_refuse([&] { parse_named_pattern(bytes.substr(0, end), "x"); });
}

// The lines of a partial; their seal is made here, since no fuzzer finds a hash.
void partial(std::string_view bytes) {
  constexpr const char* version = "1.2.3";
  const std::string body(bytes);
  const auto lines = std::count(body.begin(), body.end(), '\n');
  const case_options options{.by = {"tags.side"}, .only = {}};
  std::optional<case_table> table(std::in_place, options);
  bool taken = false;
  may_refuse([&] {
    table->take_partial(body + partial_seal(body), "a", version);
    table->close();
    table->check_partials();
    taken = true;
  });
  if (taken) {  // from here on nothing may be refused
    std::int64_t cases = 0;
    for (std::uint32_t g = 0; g < table->group_count(); ++g) {
      expect(table->by(g).size() == 1, "a group without its value");
      const auto met = table->cases(g);
      for (const std::string& m : table->measures())
        expect(table->values(m, g).size() == met.patients.size(), "a case without a value");
      cases += std::int64_t(met.patients.size());
      table->pools(g);
    }
    expect(cases < std::max<std::int64_t>(lines, 1), "more cases than lines");
    const std::string text = table->partial(version, "");
    case_table again(options);
    again.take_partial(text, "b", version);
    again.close();
    expect(again.partial(version, "") == text, "a partial that was written reads otherwise");
  }
  may_refuse([&] { case_table(options).take_partial(body, "a", version); });
}

void study(std::string_view bytes) {
  std::optional<medvision::study> s;
  may_refuse([&] { s = parse_study(bytes, "a.json"); });
  if (!s) return;
  const std::string text = study_json(*s);
  expect(study_json(parse_study(text, "b.json")) == text, "a study that was written reads otherwise");
  study_table(*s);
  study_csv(*s);
}

}  // namespace medvision::fuzz
