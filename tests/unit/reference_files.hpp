// SPDX-License-Identifier: Apache-2.0
// Files that published programs made: read, or skipped aloud where they are not there.
#pragma once

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

/// Below the folder of reference material.
inline std::string reference_file(const std::string& part) { return std::string(MEDVISION_REFERENCE) + "/" + part; }

/// True, and said aloud, where it is not there; `what` is the test that is skipped.
inline bool absent(const std::string& path, const char* what) {
  if (std::filesystem::exists(path)) return false;
  std::printf("SKIPPED %s reference: %s is not there\n", what, path.c_str());
  MESSAGE("SKIPPED: no reference folder");
  return true;
}

inline nlohmann::json read_json(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in.good());
  return nlohmann::json::parse(in);
}
