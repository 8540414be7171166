// SPDX-License-Identifier: Apache-2.0
// What a request names is read whole, or refused by name.
#include "medvision/record/given_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "error_code.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {

std::string refused(const std::string& path) {
  const auto read = [&] { read_given(path, 100); };
  return code_of(read, blame::request) + " " + sentence_of(read);
}

}  // namespace

TEST_CASE("a file and a pipe are read whole") {
  const scratch_folder folder;
  const std::string file = folder.path("a.csv"), pipe = folder.path("pipe"), text(200'000, 'x');
  std::ofstream(file) << text;
  CHECK(read_given(file, text.size()) == text);
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(pipe) << text; });
  CHECK(read_given(pipe, text.size()) == text);
  writer.join();
  CHECK(read_given("/dev/null", 1).empty());
}

TEST_CASE("what is no file, or too large, is refused by name and before it is read") {
  const scratch_folder folder;
  const std::string sparse = folder.path("sparse.csv");
  std::ofstream(sparse) << "a";
  std::filesystem::resize_file(sparse, std::uintmax_t{8} << 40);
  CHECK(refused(sparse) == "E_TOO_LARGE " + sparse + ": larger than 100 bytes");
  CHECK(refused(folder.path("none")) == "E_MISSING " + folder.path("none") + ": No such file or directory");
  CHECK(refused(folder.path("")) == "E_MISSING " + folder.path("") + ": is a folder, expected a file");
  CHECK(refused("/dev/zero") == "E_MISSING /dev/zero: is a device, expected a file");
}
