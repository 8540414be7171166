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
  const record patch = patch_record(parent, 3, 101, {-2, 5, 4, 4});
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

TEST_CASE("patches of patches nest, and a patch beyond the count is refused") {
  auto root = std::make_shared<const record>(record::parse(R"({"id":"r","image":"x.png","order":[0]})"));
  auto child = std::make_shared<const record>(patch_record(root, 0, 2, {0, 0, 8, 8}));
  const record grandchild = patch_record(child, 9, 10, {1, 1, 2, 2});
  CHECK(grandchild.id() == "r/0/9");
  CHECK(grandchild.order() == std::vector<std::int64_t>{0, 0, 9});
  CHECK(grandchild.shard_hash() == root->shard_hash());
  CHECK(grandchild.parent()->parent->parent()->parent->dump() == root->dump());
  CHECK_THROWS_AS(patch_record(root, 2, 2, {0, 0, 8, 8}), error);
}
