// SPDX-License-Identifier: Apache-2.0
// Nothing that work in a process of its own does reaches this one.
#include "medvision/io/apart.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "error_code.hpp"

using namespace medvision;
using fate = apart_outcome::fate;
using bytes = std::span<unsigned char>;

namespace {
apart_outcome ask(const std::function<std::string(bytes)>& work, int cpu_seconds = 20) {
  return run_apart(1000, {.cpu_seconds = cpu_seconds}, work);
}
}  // namespace

TEST_CASE("what is filled in comes back, and nothing else") {
  int elsewhere = 1;
  const apart_outcome met = ask([&](bytes result) {
    CHECK(std::all_of(result.begin(), result.end(), [](int v) { return v == 0; }));
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<unsigned char>(i);
    elsewhere = 2;
    return "";
  });
  CHECK(met.what == fate::done);
  REQUIRE(met.result.size() == 1000);
  CHECK(met.result[999] == 999 % 256);
  CHECK(elsewhere == 1);
}

TEST_CASE("a refusal keeps its words, as many as fit") {
  CHECK(ask([](bytes) { return "no such picture"; }).words == "no such picture");
  const apart_outcome met = ask([](bytes) -> std::string { throw std::runtime_error(std::string(5000, 'x')); });
  CHECK(met.what == fate::refused);
  CHECK(met.words == std::string(400, 'x'));
  CHECK(met.result.empty());
}

TEST_CASE("whatever ends the work, this process lives and no child is left") {
  CHECK(ask([](bytes) -> std::string { std::abort(); }).what == fate::died);
  CHECK(ask([](bytes) -> std::string { _exit(0); }).what == fate::died);
  CHECK(ask([](bytes) -> std::string {
          raise(SIGSEGV);
          return "";
        }).what == fate::died);
  CHECK(ask([](bytes) -> std::string { std::terminate(); }).what == fate::died);
  CHECK(ask([](bytes) -> std::string { throw std::bad_alloc(); }).what == fate::out_of_memory);
#ifndef __SANITIZE_ADDRESS__  // the limit is one of addresses, of which the sanitizer has terabytes
  CHECK(ask([](bytes result) -> std::string {
          const std::vector<char> much(std::size_t{8} << 30, 1);
          result[0] = static_cast<unsigned char>(much[much.size() / 2]);
          return "";
        }).what == fate::out_of_memory);
#endif
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("an end from outside is no fault of the work") {
  CHECK(code_of([] { ask([](bytes) -> std::string { return raise(SIGKILL), ""; }); }, medvision::blame::environment) ==
        "E_KILLED");
}

TEST_CASE("work without end is ended by its processor time") {
  const auto began = std::chrono::steady_clock::now();
  CHECK(ask(
            [](bytes result) -> std::string {
              for (volatile unsigned char* at = result.data();;) *at = static_cast<unsigned char>(*at + 1);
            },
            1)
            .what == fate::late);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
}

TEST_CASE("many threads ask at once, where SIGCHLD is ignored too") {
  for (const bool ignored : {false, true}) {
    const auto before = signal(SIGCHLD, ignored ? SIG_IGN : SIG_DFL);
    std::vector<std::thread> threads;
    std::atomic<int> done{0}, died{0};
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 25; ++i) {
          const apart_outcome met = ask([&](bytes result) -> std::string {
            if (i % 5 == 4) std::abort();
            result[0] = static_cast<unsigned char>(10 * t + i);
            return "";
          });
          if (met.what == fate::done && met.result[0] == static_cast<unsigned char>(10 * t + i)) ++done;
          if (met.what == fate::died) ++died;
        }
      });
    for (std::thread& t : threads) t.join();
    CHECK(done == 80);
    CHECK(died == 20);
    signal(SIGCHLD, before);
  }
}
