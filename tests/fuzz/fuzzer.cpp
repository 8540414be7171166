// SPDX-License-Identifier: Apache-2.0
// One target under libFuzzer: -DTARGET=npy.
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    medvision::fuzz::TARGET({reinterpret_cast<const char*>(data), size});
  } catch (const medvision::fuzz::finding& f) {
    std::fprintf(stderr, "finding: %s\n", f.what());
    std::abort();
  }
  return 0;
}
