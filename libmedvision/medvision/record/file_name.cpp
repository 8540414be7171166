// SPDX-License-Identifier: Apache-2.0
#include "medvision/record/file_name.hpp"

#include <fmt/format.h>

namespace medvision {

std::string file_name(std::string_view text, bool folders) {
  std::string out;
  for (unsigned char c : text) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter || c == '.' || c == '_' || c == '-' || (c == '/' && folders))
      out += char(c);
    else
      out += fmt::format("%{:02X}", c);
  }
  return out;
}

}  // namespace medvision
