// SPDX-License-Identifier: Apache-2.0
// A file is there whole or not at all, whatever stops the writer.
#include "medvision/io/atomic_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "medvision/error.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {

std::string code_of(const std::function<void()>& act, blame who = blame::environment) {
  try {
    act();
  } catch (const error& e) {
    CHECK(e.who() == who);
    return e.code();
  }
  return "";
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

/// The exit status of `act` run in a process of its own; -signal when a signal ended it.
int in_child(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("bytes written come back, appended or patched") {
  const scratch_folder folder;
  atomic_file file(folder.path("a"));
  file.write("hello world");
  file.write_at(0, "J", 1);
  file.write_at(20, "!", 1);
  CHECK(file.size() == 21);
  file.commit();
  CHECK(folder.bytes("a") == "Jello world" + std::string(9, '\0') + "!");
}

TEST_CASE("pieces of any size come back in order, also around a patch") {
  const scratch_folder folder;
  const std::string path = folder.path("pieces");
  std::string expected;
  atomic_file file(path);
  for (std::size_t size : {1, 10, 65535, 1, 65536, 3, 65537, 200000, 0, 7, 40000, 40000}) {
    const std::string piece(size, char('a' + expected.size() % 26));
    file.write(piece);
    expected += piece;
    CHECK(file.size() == expected.size());
  }
  file.write_at(2, "XY", 2);
  expected.replace(2, 2, "XY");
  file.write("end");
  file.commit();
  CHECK(folder.bytes("pieces") == expected + "end");
}

TEST_CASE("before commit the folder shows nothing, and without commit nothing stays") {
  const scratch_folder folder;
  folder.put("old", "old bytes");
  {
    atomic_file file(folder.path("old"));
    file.write("new");
    CHECK(folder.bytes("old") == "old bytes");
    CHECK(folder.entries() == 1);
  }
  CHECK(folder.bytes("old") == "old bytes");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a killed writer leaves nothing behind") {
  const scratch_folder folder;
  const int status = in_child([&] {
    atomic_file file(folder.path("a"));
    file.write(std::string(100000, 'x'));
    ::raise(SIGKILL);
    return 0;
  });
  CHECK(status == -SIGKILL);
  CHECK(folder.entries() == 0);
}

TEST_CASE("what was there is replaced: a file, a link itself and not its target, one of two hard links") {
  const scratch_folder folder;
  folder.put("target", "precious");
  std::filesystem::create_symlink("target", folder.path("link"));
  std::filesystem::create_hard_link(folder.path("target"), folder.path("twin"));
  for (const char* name : {"link", "twin", "target"}) {
    write_file(folder.path(name), name);
    CHECK(folder.bytes(name) == name);
    CHECK(!std::filesystem::is_symlink(folder.path(name)));
    if (std::string(name) != "target") CHECK(folder.bytes("target") == "precious");
  }
  CHECK(folder.entries() == 3);
}

TEST_CASE("the mode is 0666 less umask") {
  const scratch_folder folder;
  for (const mode_t mask : {022, 077, 0}) {
    const mode_t before = ::umask(mask);
    write_file(folder.path("a"), "x");
    ::umask(before);
    CHECK(mode_of(folder.path("a")) == (0666 & ~mask));
    std::filesystem::remove(folder.path("a"));
  }
}

TEST_CASE("places that cannot be written are the environment's fault, in the system's words") {
  const scratch_folder folder;
  CHECK(code_of([&] { write_file(folder.path("absent/a"), "x"); }) == "E_WRITE");
  CHECK(code_of([&] { write_file(folder.put("file", "x") + "/a", "x"); }) == "E_WRITE");
  CHECK(code_of([&] { write_file("", "x"); }) == "E_WRITE");
  CHECK(code_of([&] { write_file(folder.path("a/"), "x"); }) == "E_WRITE");
  CHECK(code_of([&] { write_file("/proc/nothing", "x"); }) == "E_WRITE");
  CHECK(code_of([&] { write_file(folder.path(std::string(300, 'n')), "x"); }) == "E_WRITE");
  std::filesystem::create_directory(folder.path("folder"));
  CHECK(code_of([&] { write_file(folder.path("folder"), "x"); }) == "E_WRITE");
  CHECK(folder.entries() == 2);
  write_file(folder.path(std::string(255, 'n')), "x");
  write_file(folder.path(std::string(255, 'n')), "y");
  CHECK(folder.entries() == 3);
}

TEST_CASE("a file that may not grow further is an error and leaves nothing") {
  const scratch_folder folder;
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{50000, 50000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file(folder.path("a"), std::string(100000, 'x'));
    } catch (const error& e) {
      return e.code() == "E_WRITE" && e.who() == blame::environment ? 7 : 8;
    }
    return 0;
  });
  CHECK(status == 7);
  CHECK(folder.entries() == 0);
}

TEST_CASE("too many open files are told as such") {
  const scratch_folder folder;
  const int status = in_child([&] {
    const rlimit limit{3, 3};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return code_of([&] { write_file(folder.path("a"), "x"); }) == "E_WRITE" ? 7 : 0;
  });
  CHECK(status == 7);
}

TEST_CASE("many writers of one name end with the bytes of one of them") {
  const scratch_folder folder;
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) write_file(folder.path("a"), std::string(10000, char('a' + i)));
    });
  }
  for (std::thread& w : writers) w.join();
  const std::string bytes = folder.bytes("a");
  CHECK(bytes.size() == 10000);
  CHECK(bytes.find_first_not_of(bytes[0]) == std::string::npos);
  CHECK(folder.entries() == 1);
}

TEST_CASE("what a killed process of this number left aside stops nobody") {
  const scratch_folder folder;
  folder.put("a.png", "old");
  for (int n = 0; n < 2000; ++n)
    folder.put(".a.png." + std::to_string(::getpid()) + "." + std::to_string(n) + ".tmp", "left");
  write_file(folder.path("a.png"), "new");
  CHECK(folder.bytes("a.png") == "new");
  CHECK(folder.entries() == 2001);
}

TEST_CASE("files whose names begin with the same 200 bytes never take each other's place") {
  const scratch_folder folder;
  const std::string begin(205, 'a');
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 50; ++round)
        for (int n = 0; n < 4; ++n) {
          const std::string name = begin + std::to_string(t) + std::to_string(n);
          write_file(folder.path(name), name);
        }
    });
  for (std::thread& one : threads) one.join();
  for (int t = 0; t < 4; ++t)
    for (int n = 0; n < 4; ++n) {
      const std::string name = begin + std::to_string(t) + std::to_string(n);
      CHECK(folder.bytes(name) == name);
    }
}
