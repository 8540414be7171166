// SPDX-License-Identifier: Apache-2.0
// All records of a manifest, for tests of how manifests are read.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "medvision/record/manifest.hpp"

inline std::vector<medvision::record> all_of(const std::string& text) {
  std::istringstream in(text);
  medvision::manifest_reader reader(in, "med-test");
  std::vector<medvision::record> out;
  while (auto r = reader.next()) out.push_back(*r);
  return out;
}
