// SPDX-License-Identifier: Apache-2.0
// The published schema, applied: what med-inspect says of a record.
#include "medvision/record/schema.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "medvision/record/json_fields.hpp"
#include "medvision/record/record.hpp"

namespace medvision {
namespace {

const valijson::Schema& parsed_schema() {
  static const valijson::Schema* schema = [] {
    auto* s = new valijson::Schema;
    const auto text = nlohmann::json::parse(record_schema());
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text), *s);
    return s;
  }();
  return *schema;
}

}  // namespace

std::vector<std::string> schema_problems(const ordered_json& record) {
  const auto value = nlohmann::json::parse(dump_json(record));
  valijson::Validator validator;
  valijson::ValidationResults results;
  std::vector<std::string> problems;
  if (validator.validate(parsed_schema(), valijson::adapters::NlohmannJsonAdapter(value), &results)) return problems;
  valijson::ValidationResults::Error e;
  while (results.popError(e)) {
    std::string where;
    for (const std::string& part : e.context) where += part;
    problems.push_back(where + ": " + e.description);
  }
  return problems;
}

std::vector<std::string> record::check() const {
  static const sure_schema sure(ordered_json::parse(record_schema()));
  settle_parent();
  return sure.accepts(doc_->json) ? std::vector<std::string>{} : schema_problems(doc_->json);
}

}  // namespace medvision
