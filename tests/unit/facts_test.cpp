// SPDX-License-Identifier: Apache-2.0
// A record is told everything the options know of its picture, and fails where that does not fit.
#include "medvision/record/facts.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {

/// Every picture has 40 x 30 pixels, but those called odd have 40 x 31; what is called absent is.
picture_info probe(const std::string& path) {
  if (path.find("absent") != std::string::npos) throw error("E_MISSING", path);
  return {40, path.find("odd") != std::string::npos ? 31 : 30, 3, "u8"};
}

}  // namespace

TEST_CASE("all that is known of a picture comes into its record") {
  const scratch_folder folder;
  fact_sources s;
  s.truth_masks = {"first=m1/{id}.png", "m2/{stem}.png"};
  s.fov = "fov/{stem}.gif";
  s.tags = "{patient}_{side}";
  s.labels = folder.put("labels.csv", "name,grade\np1_L,3\nelse,1\n");
  s.truth_boxes = folder.put("boxes.csv", "name,class,x,y,w,h\np1_L,disc,1,2,3,4\n");
  s.id = "name";
  known_facts facts(s);
  record r("set/p1_L"), unknown("p2_R");
  facts.describe(r, "pictures/set/p1_L.jpg", "p1_L", probe);
  facts.describe(unknown, "pictures/p2_R.jpg", "p2_R", probe);
  CHECK(r.image() == "pictures/set/p1_L.jpg");
  CHECK(r.source()->width == 40);
  CHECK(r.picture()->depth == "u8");
  CHECK(r.tags() == std::map<std::string, std::string>{{"patient", "p1"}, {"side", "L"}});
  CHECK(r.labels().at("grade") == "3");
  CHECK(r.truth_masks() == std::map<std::string, std::string>{{"first", "m1/set/p1_L.png"}, {"truth", "m2/p1_L.png"}});
  CHECK(r.truth_boxes().size() == 1);
  CHECK(r.fov()->path == "fov/p1_L.gif");
  CHECK(r.fov()->by == "user");
  CHECK(r.check().empty());
  CHECK(unknown.labels().empty());
  CHECK(unknown.text("truth.boxes") == "[]");
  CHECK(facts.remarks().size() == 3);  // p2_R has no row in either table, and one row has no picture
}

TEST_CASE("what does not fit fails the record, which keeps what came before") {
  const auto code = [](const fact_sources& s, record& r, const std::string& path) {
    known_facts facts(s);
    return code_of([&] { facts.describe(r, path, "p_L", probe); });
  };
  record r("p_L");
  CHECK(code({.tags = "{patient}-{side}"}, r, "p_L.png") == "E_TAGS");
  CHECK(r.has_image());
  r = record("p_L");
  CHECK(code({.tags = "{patient}_{side}"}, r, "absent.png") == "E_MISSING");
  CHECK(r.tags().at("patient") == "p");
  r = record("p_L");
  CHECK(code({.truth_masks = {"absent/{id}.png"}}, r, "p_L.png") == "E_MISSING");
  CHECK(r.picture()->width == 40);
  CHECK(code({.truth_masks = {"odd/{id}.png"}}, r, "p_L.png") == "E_SHAPE");
  CHECK(code({.fov = "odd/{id}.png"}, r, "p_L.png") == "E_SHAPE");
}

TEST_CASE("wrong patterns and tables are told before any picture") {
  CHECK(code_of([] { known_facts facts({.truth_masks = {"{name}.png"}}); }) == "E_OPTION");
  CHECK(code_of([] { known_facts facts({.fov = "{id"}); }) == "E_OPTION");
  CHECK(code_of([] { known_facts facts({.labels = "/nowhere.csv"}); }) == "E_MISSING");
}
