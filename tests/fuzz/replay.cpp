// SPDX-License-Identifier: Apache-2.0
// Shows files to a target without a fuzzer: fuzz_replay TARGET FILE... Status 0: nothing was found, 1: something was,
// 2: wrong request.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/fuzz/targets.hpp"

int main(int argc, char** argv) {
  using namespace medvision::fuzz;
  for (const target& t : targets) {
    if (argc < 2 || std::string_view(argv[1]) != t.name) continue;
    int found = 0;
    for (int i = 2; i < argc; ++i) {
      std::ifstream in(argv[i], std::ios::binary);
      if (!in) return std::fprintf(stderr, "%s cannot be read\n", argv[i]), 2;
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      try {
        t.run(bytes);
      } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", argv[i], e.what());
        found = 1;
      }
    }
    std::printf("%d\n", argc - 2);
    return found;
  }
  std::fprintf(stderr, "targets:");
  for (const target& t : targets) std::fprintf(stderr, " %s", t.name);
  std::fprintf(stderr, "\n");
  return 2;
}
