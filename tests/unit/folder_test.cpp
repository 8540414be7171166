// SPDX-License-Identifier: Apache-2.0
// Folders are listed in one order, and files get their ids from where they lie.
#include "medvision/io/folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "scratch_folder.hpp"

using namespace medvision;
using names = std::vector<std::string>;

namespace {

/// b.PNG, a.png, notes.txt, .hidden.png, sub/c.png, sub/.d/e.png, a link to sub and one to nowhere.
void fill(const scratch_folder& folder) {
  make_folder(folder.path("sub/.d"));
  for (const char* name : {"b.PNG", "a.png", "notes.txt", ".hidden.png", "sub/c.png", "sub/.d/e.png"})
    folder.put(name, "x");
  std::filesystem::create_directory_symlink("sub", folder.path("loop"));
  std::filesystem::create_directory_symlink("..", folder.path("sub/up"));
  std::filesystem::create_symlink("nothing", folder.path("gone.png"));
  std::filesystem::create_symlink("a.png", folder.path("z.png"));
}

}  // namespace

TEST_CASE("a folder is listed by bytes, without hidden files, links to nowhere too, links to folders not entered") {
  const scratch_folder folder;
  fill(folder);
  const auto full = [&](names list) {
    for (std::string& n : list) n = folder.path(n);
    return list;
  };
  CHECK(list_files(folder.path(), false).files == full({"a.png", "b.PNG", "gone.png", "notes.txt", "z.png"}));
  CHECK(list_files(folder.path(), true).files ==
        full({"a.png", "b.PNG", "gone.png", "notes.txt", "sub/c.png", "z.png"}));
  CHECK(code_of([&] { list_files(folder.path("a.png"), false); }, blame::request) == "E_MISSING");
  CHECK(code_of([&] { list_files(folder.path("absent"), false); }, blame::request) == "E_MISSING");
}

TEST_CASE("a picture's id is its path below the folder, without extension") {
  const scratch_folder folder;
  fill(folder);
  for (const std::string& as_named : {folder.path(), folder.path() + "/", folder.path() + "//"}) {
    const found_files found = find_files({as_named}, {"png"}, true);
    names ids;
    for (const auto& f : found.files) ids.push_back(f.id);
    INFO(as_named << ": " << ids.size() << " ids, the third is " << ids.at(2));
    CHECK(ids == names{"a", "b", "gone", "sub/c", "z"});
    REQUIRE(found.remarks.size() == 1);
    CHECK(found.remarks[0].find(" 1 files left out") != std::string::npos);
  }
}

TEST_CASE("files named one by one are taken whatever they end in, in the order named") {
  const scratch_folder folder;
  fill(folder);
  const found_files found =
      find_files({folder.path("notes.txt"), folder.path("absent.png"), folder.path("a.png")}, {"png"}, false);
  REQUIRE(found.files.size() == 3);
  CHECK(found.files[0].id == "notes");
  CHECK(found.files[1].id == "absent");
  CHECK(found.files[2].path == folder.path("a.png"));
  CHECK(code_of([&] { find_files({folder.path("absent")}, {"png"}, false); }, blame::request) == "E_MISSING");
}

TEST_CASE("an ending that no name can have is refused") {
  const scratch_folder folder;
  for (const std::string said : {"", "..", "*.png", "png ", "tar.gz", "*"})
    CHECK_MESSAGE(code_of([&] { find_files({folder.path()}, {said}, false); }, blame::request) == "E_OPTION", said);
  CHECK(find_files({folder.path()}, {".PNG"}, false).files.empty());
  folder.put("IM0001", "x");
  folder.put("a.png", "x");
  REQUIRE(find_files({folder.path()}, {"."}, false).files.size() == 1);
  CHECK(find_files({folder.path()}, {"."}, false).files[0].id == "IM0001");
}

TEST_CASE("a folder without pictures is remarked upon") {
  const scratch_folder folder;
  make_folder(folder.path("sub"));
  folder.put("sub/a.png", "x");
  CHECK(find_files({folder.path()}, {"png"}, false).remarks.size() == 1);
  CHECK(find_files({folder.path()}, {"png"}, true).remarks.empty());
}

TEST_CASE("stems and extensions") {
  CHECK(stem_of("a/b.tar.gz") == "b.tar");
  CHECK(stem_of("a.b/c") == "c");
  CHECK(stem_of(".x") == ".x");
  CHECK(extension_of("a/b.TAR.Gz") == "gz");
  CHECK(extension_of("a.b/c").empty());
  CHECK(extension_of(".png").empty());
  CHECK(extension_of("a.").empty());
  CHECK(extension_of("").empty());
}

TEST_CASE("folders are made with their parents, twice without harm, never over a file") {
  const scratch_folder folder;
  make_folder(folder.path("a/b/c"));
  make_folder(folder.path("a/b/c"));
  CHECK(is_folder(folder.path("a/b/c")));
  folder.put("file", "x");
  CHECK(code_of([&] { make_folder(folder.path("file")); }, blame::request) == "E_WRITE");
  CHECK(code_of([&] { make_folder(folder.path("file/a")); }, blame::environment) == "E_WRITE");
}

TEST_CASE("one file is known under two names") {
  const scratch_folder folder;
  const std::string a = folder.put("a", "x"), b = folder.put("b", "x");
  std::filesystem::create_symlink("a", folder.path("link"));
  std::filesystem::create_hard_link(a, folder.path("twin"));
  CHECK(same_file(a, folder.path("link")));
  CHECK(same_file(a, folder.path("twin")));
  CHECK(same_file(a, folder.path("./a")));
  CHECK(!same_file(a, b));
  CHECK(!same_file(a, folder.path("absent")));
  CHECK(!same_file(folder.path("absent"), folder.path("absent")));
  CHECK(exists(a));
  CHECK(is_regular_file(folder.path("link")));
  CHECK(!is_regular_file(folder.path()));
}
