// SPDX-License-Identifier: Apache-2.0
// A file is read at any place through a buffer, and nothing but a file is.
#include "medvision/io/input_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <random>
#include <string>

#include "medvision/error.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {

std::string refused(const std::string& path) {
  try {
    const input_file file(path);
    return "";
  } catch (const error& e) {
    CHECK(e.who() == blame::item);
    CHECK(std::string(e.what()).find(path) != std::string::npos);
    return e.code();
  }
}

}  // namespace

TEST_CASE("pieces of any size at any place are those of the whole") {
  const scratch_folder folder;
  std::mt19937 random(7);
  std::string whole(300'000, '\0');
  for (char& c : whole) c = char(random());
  input_file file(folder.put("a", whole));
  REQUIRE(file.size() == whole.size());
  for (int round = 0; round < 500; ++round) {
    if (random() % 3 == 0) file.seek(random() % (whole.size() + 10));
    const std::size_t at = file.position(), most = random() % 2 == 0 ? 20 : 150'000;
    if (round % 5 == 0) {
      const int met = file.get();
      REQUIRE(met == (at < whole.size() ? int(static_cast<unsigned char>(whole[at])) : -1));
      continue;
    }
    std::string piece(random() % most, '\0');
    const std::size_t read = file.read(piece.data(), piece.size());
    const std::string expected = at < whole.size() ? whole.substr(at, piece.size()) : "";
    REQUIRE(read == expected.size());
    REQUIRE(piece.substr(0, read) == expected);
    REQUIRE(file.position() == at + read);
  }
}

TEST_CASE("only regular files are opened") {
  const scratch_folder folder;
  CHECK(refused(folder.put("a", "12345")).empty());
  CHECK(refused(folder.path("absent")) == "E_MISSING");
  CHECK(refused(folder.path()) == "E_MISSING");
  CHECK(refused("/dev/zero") == "E_MISSING");
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(refused(folder.path("pipe")) == "E_MISSING");
}
