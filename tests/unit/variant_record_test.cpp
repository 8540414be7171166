// SPDX-License-Identifier: Apache-2.0
// Records of variants: what moves with the pixels, and what a new source keeps of the old one.
#include "medvision/record/variant_record.hpp"

#include <doctest/doctest.h>

#include "error_code.hpp"
#include "medvision/error.hpp"

using namespace medvision;

namespace {

record full() {
  return record::parse(
      R"({"id":"a","image":"x.png","source":{"path":"x.dcm","width":40,"height":30},"width":20,"height":15,)"
      R"("channels":1,"depth":"u16","frame":[2,0,0,0,2,0],"spacing_mm":[0.5,0.25],"spacing_source":"dicom","order":[1],)"
      R"("tags":{"patient":"p"},"truth":{"masks":{"cells":"m.png"},"boxes":[{"box":[4,6,8,2],"class":"c"},)"
      R"({"box":[0,0,1,1]}]},"fov":{"path":"f.png","frame":[2,0,1,0,2,1],"by":"user"},"scores":{"s":1},"own":7})");
}

}  // namespace

TEST_CASE("the box of a variant is the part of its parent that is seen") {
  const patch_family family(full(), 12);
  const record r = variant_record(family, 3, {{0, 1, 2, -1, 0, 11}}, {6, 4});  // turned, from (2, 5) to (6, 11)
  CHECK(r.id() == "a/03");
  CHECK(r.parent()->box == cv::Rect(2, 5, 4, 6));
  CHECK(r.text("parent.id") == "a");
  CHECK(r.scores().empty());
}

TEST_CASE("masks of the truth and the field of view are listed with the size they must have") {
  const auto files = mask_files(full());
  REQUIRE(files.size() == 2);
  CHECK(files[0].name == "cells");
  CHECK(files[0].path == "m.png");
  CHECK(files[0].to_source == frame{});
  CHECK(files[0].size == cv::Size(40, 30));
  CHECK(files[1].is_field);
  CHECK(files[1].to_source == frame{{2, 0, 1, 0, 2, 1}});
  CHECK(files[1].size == cv::Size());
  record r = full();
  r.set_truth_mask("fov", "m.png");
  CHECK(code_of([&] { mask_files(r); }) == "E_NAME");
  CHECK(mask_files(record("b")).empty());
}

TEST_CASE("a new source keeps what is not of the old one's pixels, and says what it was made of") {
  const record from = full();
  record r = from;
  r.start_source("y.png", {5, 8, 1, "u16"}, {*from.source(), {{0, 2, 6, -2, 0, 30}}, 9});
  CHECK(r.image() == "y.png");
  CHECK(r.source()->path == "y.png");
  CHECK(r.source()->width == 5);
  CHECK(r.source()->height == 8);
  CHECK(r.picture_size() == cv::Size(5, 8));
  CHECK(r.frame() == frame{});
  CHECK(r.tags() == from.tags());
  CHECK(r.text("own") == "7");
  CHECK(!r.text("truth"));
  CHECK(!r.fov());
  CHECK(r.scores().empty());
  // Turned by a quarter and twice as coarse: its rows are the columns of 0.25 mm.
  CHECK(*r.spacing_mm() == std::array<double, 2>{0.5, 1});
  CHECK(r.text("spacing_source") == "dicom");
  REQUIRE(r.derived_from());
  CHECK(r.derived_from()->source.path == "x.dcm");
  CHECK(r.derived_from()->source.width == 40);
  CHECK(r.derived_from()->to_source == frame{{0, 2, 6, -2, 0, 30}});
  CHECK(r.derived_from()->seed == 9);
  CHECK(r.derived_from()->exact);
  CHECK(r.check().empty());
  CHECK(!from.derived_from());
}

TEST_CASE("of a bent picture no spacing is known") {
  record r = full();
  r.start_source("y.png", {20, 15, 1, "u16"}, {*r.source(), {{2, 0, 0, 0, 2, 0}}, 9, false});
  CHECK(!r.spacing_mm());
  CHECK(!r.text("spacing_source"));
  CHECK(!r.derived_from()->exact);
  CHECK(r.check().empty());
}

TEST_CASE("boxes come from source pixels to current ones and on, and an empty one is left out") {
  const record from = full();
  record r = from;
  r.start_source("y.png", {20, 15, 1, "u16"}, {*from.source(), from.frame()});
  carry_truth_boxes(r, from, [](const cv::Rect2d& b) {
    CHECK((b == cv::Rect2d(2, 3, 4, 1) || b == cv::Rect2d(0, 0, 0.5, 0.5)));
    return b.x == 2 ? cv::Rect2d(b.x + 10, b.y, b.width, b.height) : cv::Rect2d();
  });
  REQUIRE(r.truth_boxes().size() == 1);
  CHECK(r.truth_boxes()[0].box == cv::Rect2d(12, 3, 4, 1));
  CHECK(r.truth_boxes()[0].class_name == "c");
  record none("b");
  carry_truth_boxes(none, record("c"), [](const cv::Rect2d& b) { return b; });
  CHECK(!none.text("truth.boxes"));
  record empty = record::parse(R"({"id":"d","image":"x.png","truth":{"boxes":[]}})");
  carry_truth_boxes(none, empty, [](const cv::Rect2d& b) { return b; });
  CHECK(none.text("truth.boxes") == "[]");
}

TEST_CASE("a field of view stays whose it is, and a mask of the truth keeps its name") {
  const record from = full();
  record r("b");
  for (const mask_file& file : mask_files(from)) set_mask_file(r, file, file.name + ".new.png", from);
  CHECK(r.truth_mask("cells") == "cells.new.png");
  CHECK(r.fov()->path == "fov.new.png");
  CHECK(r.fov()->by == "user");
  CHECK(r.fov()->to_source == frame{});
}

TEST_CASE("a derived_from that is none is met at the door") {
  CHECK(record::parse(R"({"id":"a","image":"x.png","derived_from":"y.png"})").failed());
  CHECK(record::parse(R"({"id":"a","image":"x.png","derived_from":{"path":"y.png"}})").failed());
  CHECK(!record::parse(R"({"id":"a","image":"x.png","derived_from":{"path":"y.png","width":1,"height":1}})").failed());
}
