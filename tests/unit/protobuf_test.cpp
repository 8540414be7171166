// SPDX-License-Identifier: Apache-2.0
// The wire format, and what is no wire format.
#include "medvision/infer/protobuf.hpp"

#include <doctest/doctest.h>

#include <string>

#include "medvision/error.hpp"

using namespace medvision;
using namespace std::string_literals;

namespace {
int walk(const std::string& bytes) {
  int n = 0;
  wire_field f;
  for (wire_reader in(bytes, "a test"); in.next(f);) ++n;
  return n;
}
}  // namespace

TEST_CASE("the four kinds of field are read as they stand") {
  const std::string bytes = "\x08\x96\x01"s + "\x12\x03"s + "abc" + "\x1d\x01\x00\x00\x80"s + "\x21\x02\0\0\0\0\0\0\0"s;
  wire_reader in(bytes, "a test");
  wire_field f;
  REQUIRE(in.next(f));
  CHECK(f.number == 1);
  CHECK(integer_of(f, "a test") == 150);
  REQUIRE(in.next(f));
  CHECK(f.number == 2);
  CHECK(bytes_of(f, "a test") == "abc");
  CHECK_THROWS_AS(integer_of(f, "a test"), error);
  REQUIRE(in.next(f));
  CHECK(f.value == 0x80000001u);
  REQUIRE(in.next(f));
  CHECK(f.value == 2);
  CHECK_THROWS_AS(bytes_of(f, "a test"), error);
  CHECK_FALSE(in.next(f));
}

TEST_CASE("a negative number takes ten bytes and comes back negative") {
  const std::string bytes = "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s;
  wire_reader in(bytes, "a test");
  wire_field f;
  REQUIRE(in.next(f));
  CHECK(integer_of(f, "a test") == -1);
}

TEST_CASE("every cut of a message is an error or a shorter whole message, never more") {
  const std::string bytes = "\x08\x96\x01"s + "\x12\x03"s + "abc" + "\x1d\x01\x00\x00\x80"s;
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const bool boundary = n == 0 || n == 3 || n == 8;
    if (boundary)
      CHECK(walk(bytes.substr(0, n)) < 3);
    else
      CHECK_THROWS_AS(walk(bytes.substr(0, n)), error);
  }
}

TEST_CASE("what no writer makes is refused: groups, field 0, lengths beyond the end, numbers beyond 64 bits") {
  for (const std::string& bytes :
       {"\x0b\x0c"s, "\x00\x01"s, "\x0a\xff\xff\xff\xff\x0f"s, "\x0e"s, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"s,
        "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s})
    CHECK_THROWS_AS(walk(bytes), error);
}

TEST_CASE("a list of numbers reads the same packed and unpacked, up to its cap") {
  wire_field packed{1, wire_field::kind::bytes, 0, "\x01\x96\x01\x03"};
  std::vector<std::int64_t> a, b;
  append_integers(packed, "a test", 3, a);
  for (const std::uint64_t v : {1, 150, 3}) append_integers({1, wire_field::kind::varint, v, {}}, "a test", 3, b);
  CHECK(a == std::vector<std::int64_t>{1, 150, 3});
  CHECK(a == b);
  std::vector<std::int64_t> c;
  CHECK_THROWS_AS(append_integers(packed, "a test", 2, c), error);
  packed.bytes = "\x96";
  CHECK_THROWS_AS(append_integers(packed, "a test", 3, c), error);
}
