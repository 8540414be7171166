// SPDX-License-Identifier: Apache-2.0
// A study as JSON, table and CSV.
#include "medvision/record/study.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "medvision/error.hpp"

using namespace medvision;

namespace {

study small() {
  study s{"med-summarize", "0.1.0", {{"by", std::string("tags.side")}, {"bootstrap", std::int64_t(10)}}, {}};
  study_group g;
  g.by = {{"tags.side", "left, \"L\""}};
  g.counts = {{"n", 3}, {"failed", 1}};
  g.figures = {{"dice", {{"n", 2.0}, {"mean", 0.1 + 0.2}}, ""},
               {"auc", {{"n", 0.0}, {"mean", std::nullopt}}, "one class"}};
  g.confusion = study_confusion{{"0", "1"}, {5, 1, 2, 7}};
  s.groups = {g};
  return s;
}

}  // namespace

TEST_CASE("the document is JSON by its published schema, numbers to the last bit") {
  std::ifstream file(MEDVISION_SOURCE "/libmedvision/medvision/record/study.schema.json");
  valijson::Schema schema;
  const auto text = nlohmann::json::parse(file);
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(text), schema);
  const auto good = [&](const nlohmann::json& j) {
    return valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(j), nullptr);
  };
  auto j = nlohmann::json::parse(study_json(small()));
  CHECK(good(j));
  CHECK(j["groups"][0]["figures"]["dice"]["mean"].get<double>() == 0.1 + 0.2);
  CHECK(j["groups"][0]["figures"]["auc"]["mean"].is_null());
  CHECK(j["groups"][0]["figures"]["auc"]["why"] == "one class");
  CHECK(j["groups"][0]["confusion"]["truth_by_predicted"] == nlohmann::json::parse("[[5,1],[2,7]]"));
  CHECK(good(nlohmann::json::parse(study_json({"p", "1", {}, {}}))));
  j["groups"][0]["figures"]["dice"]["mean"] = "high";
  CHECK(!good(j));
}

TEST_CASE("the table is aligned, and says '-' for what is undefined") {
  CHECK(study_table(small()) ==
        "tags.side left, \"L\", n 3, failed 1\n"
        "\n"
        "truth \\ predicted  0  1\n"
        "0                  5  1\n"
        "1                  2  7\n"
        "\n"
        "figure  n    mean\n"
        "dice    2  0.3000\n"
        "auc     0       -\n");
}

TEST_CASE("the CSV quotes what needs it and leaves undefined cells empty") {
  CHECK(study_csv(small()) ==
        "tags.side,figure,n,failed,mean,why\n"
        "\"left, \"\"L\"\"\",cases,3,1,,\n"
        "\"left, \"\"L\"\"\",dice,2,,0.30000000000000004,\n"
        "\"left, \"\"L\"\"\",auc,0,,,one class\n");
}

TEST_CASE("what is not finite is never printed") {
  study s = small();
  s.groups[0].figures[0].values[1].second = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(study_json(s), error);
  keep_finite(s.groups[0].figures[0]);
  CHECK_FALSE(s.groups[0].figures[0].values[1].second);
  CHECK(s.groups[0].figures[0].values[0].second);
  CHECK(s.groups[0].figures[0].why.find(": beyond the range of numbers") != std::string::npos);
  CHECK_NOTHROW(study_json(s));
}
