// SPDX-License-Identifier: Apache-2.0
// A set of hashes answers as a set of texts does, and takes the room it states.
#include "cli/runtime/id_set.hpp"

#include <doctest/doctest.h>
#include <malloc.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

using namespace medvision::cli;

TEST_CASE("the hash is FNV-1a of 128 bits") {
  CHECK(fnv1a_128("") == wide_hash{0x62b821756295c58d, 0x6c62272e07bb0142});
  CHECK(fnv1a_128("a") == wide_hash{0x78912b704e4a8964, 0xd228cb696f1a8caf});
  CHECK(fnv1a_128("foobar") == wide_hash{0x6f0d3597ba446f18, 0x343e1662793c64bf});
  // The product by the prime, spelt out.
  __extension__ typedef unsigned __int128 whole;
  const std::string text = "patients/0001/left-\xC3\xA9.png";
  whole h = (whole(0x6c62272e07bb0142) << 64) | 0x62b821756295c58d;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * ((whole(1) << 88) + 0x13B);
  CHECK(fnv1a_128(text) == wide_hash{std::uint64_t(h), std::uint64_t(h >> 64)});
}

TEST_CASE("it says of each id whether it was met, as a set of texts does") {
  std::mt19937_64 random(5);
  id_set ids;
  std::set<std::string> texts;
  for (int i = 0; i < 200000; ++i) {
    const std::string id = std::to_string(random() % 100000);
    REQUIRE(ids.insert(id) == texts.insert(id).second);
  }
}

#ifndef __SANITIZE_ADDRESS__  // whose allocator tells nothing of what it holds
TEST_CASE("an id takes 15 to 23 bytes, whatever its length and however many there are") {
  id_set ids;
  const auto before = mallinfo2();
  constexpr std::size_t count = 300000;
  double most = 0, least = 100;
  for (std::size_t i = 1; i <= count; ++i) {
    ids.insert("a-study-of-many/patients-with-long-names/case-" + std::to_string(1000000 + i));
    if (i < 20000 || i % 1000 != 0) continue;
    const auto now = mallinfo2();
    const double each = double(now.uordblks + now.hblkhd - before.uordblks - before.hblkhd) / double(i);
    most = std::max(most, each), least = std::min(least, each);
  }
  CHECK(least >= 14);
  CHECK(most <= 24);
}
#endif
