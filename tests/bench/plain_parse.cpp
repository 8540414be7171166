// SPDX-License-Identifier: Apache-2.0
// The unavoidable work of reading a manifest: one nlohmann parse of each line.
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

int main(int, char** argv) {
  std::ifstream in(argv[1], std::ios::binary);
  std::size_t members = 0;
  for (std::string line; std::getline(in, line);) members += nlohmann::json::parse(line).size();
  std::cout << members << "\n";
}
