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
  g.curves = {{"roc", "false_positive_rate", "recall", {{0, 0}, {0.1, 0.75}, {1, 1}}, ""},
              {"precision_recall", "recall", "precision", {}, "no positive"}};
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
  CHECK(j["groups"][0]["curves"]["roc"]["points"][1] == nlohmann::json::parse("[0.1,0.75]"));
  auto odd = j;
  odd["groups"][0]["curves"]["roc"]["points"][1] = {1};
  CHECK(!good(odd));
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

TEST_CASE("a document is read back as it was") {
  const std::string text = study_json(small());
  const study again = parse_study(text, "a.json");
  CHECK(study_json(again) == text);
  CHECK(again.groups[0].curves[0].points[1] == std::array{0.1, 0.75});
  CHECK(again.groups[0].figures[1].why == "one class");
  CHECK_FALSE(again.groups[0].figures[1].values[1].second);
  CHECK(again.groups[0].confusion->counts == std::vector<std::int64_t>{5, 1, 2, 7});
}

TEST_CASE("what is no document of a study is refused with its place") {
  const auto said = [](const std::string& text) {
    try {
      (void)parse_study(text, "a.json");
    } catch (const error& e) {
      CHECK(e.who() == blame::request);
      return std::string(e.what());
    }
    return std::string();
  };
  const std::string head = R"({"program":"p","version":"1","options":{},"groups":)";
  CHECK(said("[1]") == "a.json is no document of a study: 'the document' must be an object, met [1]");
  CHECK(said("{\"program\":1}") == "a.json is no document of a study: 'program' must be a text, met 1");
  CHECK(said("{\"id\":\"a\"}") == "a.json is no document of a study: 'program' must be a text, met nothing");
  CHECK(said("{").find("a.json is no document of a study: ") == 0);
  CHECK(said(head + "{}}") == "a.json is no document of a study: 'groups' must be a list of groups, met {}");
  CHECK(said(head + "[3]}") == "a.json is no document of a study: 'groups[0]' must be an object, met 3");
  const std::string group = head + R"([{"by":{},"counts":{},"figures":)";
  CHECK(said(group + R"({"dice":{"mean":"x"}}}]})") ==
        "a.json is no document of a study: 'groups[0].figures.dice.mean' must be a number or null, met \"x\"");
  CHECK(said(group + R"({},"curves":{"roc":{"x":"a","y":"b","points":[[1]]}}}]})") ==
        "a.json is no document of a study: 'groups[0].curves.roc.points' must be pairs of numbers, met [1]");
  CHECK(said(group + R"({},"confusion":{"labels":["a"],"truth_by_predicted":[[1,2]]}}]})") ==
        "a.json is no document of a study: 'groups[0].confusion.truth_by_predicted' must be rows of a count a label, "
        "met [1,2]");
  CHECK(said(head + R"([{"by":{},"counts":{"n":-1},"figures":{}}]})") ==
        "a.json is no document of a study: 'groups[0].counts.n' must be a count, met -1");
  CHECK(said(group + "{}}]}").empty());
}
