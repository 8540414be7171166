// SPDX-License-Identifier: Apache-2.0
// A patch's record knows its parent and keeps what is known of the case.
#include "medvision/record/patch_record.hpp"

#include <doctest/doctest.h>

#include "medvision/error.hpp"

using namespace medvision;

TEST_CASE("a patch has its parent's knowledge, a padded index, and a place in the order") {
  auto parent = std::make_shared<const record>(record::parse(
      R"({"id":"a/b","image":"x.png","width":9,"height":7,"order":[4],"tags":{"patient":"p"},"labels":{"grade":2},)"
      R"("maps":{"m":{"path":"m.npy","shape":[1,7,9],"classes":[],"frame":[1,0,0,0,1,0]}},"own":{"kept":[1]}})"));
  const record patch = patch_family(*parent, 101).make(3, {-2, 5, 4, 4});
  CHECK(patch.id() == "a/b/003");
  CHECK(patch.order() == std::vector<std::int64_t>{4, 3});
  CHECK(patch.maps().empty());
  CHECK(patch.tags() == parent->tags());
  CHECK(patch.labels() == parent->labels());
  CHECK(patch.text("own.kept") == "[1]");
  REQUIRE(patch.parent());
  CHECK(patch.parent()->id == "a/b");
  CHECK(patch.parent()->index == 3);
  CHECK(patch.parent()->count == 101);
  CHECK(patch.parent()->box == cv::Rect(-2, 5, 4, 4));
  CHECK(patch.parent()->parent->dump() == parent->dump());
  CHECK(patch.shard_hash() == parent->shard_hash());
  CHECK(patch.check().empty());
}

TEST_CASE("what is shared of a parent is printed as if it were the patch's own") {
  const record parent = record::parse(R"({"id":"a","parent":{"odd":[]},"image":"x.png","note":"\"record\":null}"})");
  const patch_family family(parent, 2);
  record shared = family.make(1, {0, 0, 4, 4}), own = shared;
  CHECK(own.parent()->parent->dump() == parent.dump());  // asked for, it is part of the document
  CHECK(shared.dump() == own.dump());
  CHECK(shared.dump() == record::parse(shared.dump()).dump());
  CHECK(shared.canonical() == own.canonical());
  CHECK(family.make(1, {0, 0, 4, 4}).text("parent.record.note") == R"("record":null})");
}

TEST_CASE("patches of patches nest, and a patch beyond the count is refused") {
  auto root = std::make_shared<const record>(record::parse(R"({"id":"r","image":"x.png","order":[0]})"));
  auto child = std::make_shared<const record>(patch_family(*root, 2).make(0, {0, 0, 8, 8}));
  const record grandchild = patch_family(*child, 10).make(9, {1, 1, 2, 2});
  CHECK(grandchild.id() == "r/0/9");
  CHECK(grandchild.order() == std::vector<std::int64_t>{0, 0, 9});
  CHECK(grandchild.shard_hash() == root->shard_hash());
  CHECK(grandchild.parent()->parent->parent()->parent->dump() == root->dump());
  CHECK_THROWS_AS(patch_family(*root, 2).make(2, {0, 0, 8, 8}), error);
}

TEST_CASE("regions come back to the pixels they were chosen on, and to others through the frames") {
  record r = record::parse(R"({"id":"a","image":"x.png","frame":[2.5,0,10,0,2.5,20]})");
  const roi region = region_of(r, {-3, 4, 7, 9}, 0.5, "c", true);
  CHECK(region.box == cv::Rect2d(2.5, 30, 17.5, 22.5));
  r.set_rois({region, region_of(r, {1, 2, 3, 4})});
  CHECK(region_boxes(r) == std::vector<cv::Rect>{{-3, 4, 7, 9}, {1, 2, 3, 4}});
  CHECK(r.rois()[0].repeat);
  CHECK(*r.rois()[0].score == 0.5);
  CHECK(!r.rois()[1].score);
  r.set_frame({});
  // 2.5 and 20 to even: 2 and 20; 30 and 52.5: 30 and 52.
  CHECK(region_boxes(r)[0] == cv::Rect(2, 30, 18, 22));
  CHECK(region_boxes(r, {10, 10})[0] == cv::Rect(6, 36, 10, 10));  // centre (11.25, 41.25)
  r.set_frame({{1, 0, 5, 0, 1, 0}});
  CHECK(region_boxes(r)[0] == cv::Rect(-2, 30, 17, 22));
}

TEST_CASE("regions without a window are cut by their boxes; none, or one below a pixel, are refused") {
  record r = record::parse(R"({"id":"a","image":"x.png","rois":[{"box":[3.5,4,5,6]}]})");
  CHECK(region_boxes(r)[0] == cv::Rect(4, 4, 4, 6));
  CHECK_THROWS_AS(region_boxes(record::parse(R"({"id":"a","image":"x.png"})")), const error&);
  CHECK_THROWS_AS(region_boxes(record::parse(R"({"id":"a","image":"x.png","rois":[{"box":[3,4,0.2,6]}]})")),
                  const error&);
}

TEST_CASE("a record goes back to its source") {
  record r = record::parse(
      R"({"id":"a","image":"x.png","source":{"path":"s.png","width":9,"height":7},"width":3,"height":2,"channels":1,)"
      R"("depth":"u8","frame":[3,0,0,0,3,0]})");
  r.return_to_source();
  CHECK(r.image() == "s.png");
  CHECK(r.frame() == frame{});
  CHECK(r.picture()->width == 9);
  CHECK(r.picture()->channels == 0);
  record bare = record::parse(R"({"id":"a","image":"x.png"})");
  bare.return_to_source();
  CHECK(bare.dump() == R"({"id":"a","image":"x.png"})");
  record lost = record::parse(R"({"id":"a","image":"x.png","frame":[3,0,0,0,3,0]})");
  CHECK_THROWS_AS(lost.return_to_source(), const error&);
}

TEST_CASE("what a network said of patches lies where they were cut, one value a class") {
  auto parent = std::make_shared<const record>(
      record::parse(R"({"id":"p","image":"p.png","width":20,"height":10,"frame":[-1,0,20,0,1,5]})"));
  std::vector<record> patches;
  for (int i = 0; i < 2; ++i) {
    patches.push_back(patch_family(*parent, 2).make(i, {4 * i, 2, 6, 3}));
    patches.back().set_frame({{9, 0, 0, 0, 9, 0}});  // its pixels may have become others
    patches.back().set_score("s.b", 0.5 + i);
    patches.back().set_score("s.a", 0.25);
    patches.back().set_score("single", 7 + i);
    patches.back().set_score("sum.a", 1);
  }
  const auto said = answers_of(patches, "s", true);
  REQUIRE(said.size() == 2);
  CHECK(said[1].map.classes == std::vector<std::string>{"a", "b"});
  CHECK(said[1].values == std::vector<double>{0.25, 1.5});
  CHECK(said[1].map.shape == std::array<int, 3>{2, 3, 6});
  CHECK(said[1].cut == cv::Rect(4, 2, 6, 3));
  CHECK(said[1].map.path.empty());
  CHECK(apply(said[1].map.to_source, {0, 0}) == cv::Point2d(16, 7));
  const auto single = answers_of(patches, "single", true);
  CHECK(single[1].values == std::vector<double>{8});
  CHECK(single[1].map.classes.empty());
  CHECK_THROWS_WITH_AS(answers_of(patches, "t", true),
                       "patch 0 has no scores 't' or 't.<class>'; it has: s.a, s.b, single, sum.a", const error&);
  patches[1].set_score("s.c", 1);
  CHECK_THROWS_AS(answers_of(patches, "s", true), const error&);  // other classes
  patches[0].set_score("s", 1);
  CHECK_THROWS_AS(answers_of(patches, "s", true), const error&);    // with and without a class
  CHECK_THROWS_AS(answers_of({*parent}, "s", true), const error&);  // no patch
  CHECK_THROWS_AS(answers_of(patches, "s", false), const error&);   // no maps
}
