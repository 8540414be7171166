// SPDX-License-Identifier: Apache-2.0
// Names with fields in braces: '{id}.png' is filled in, '{patient}_{side}-{view}' is matched.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace medvision {

/// A text with fields. `{name}` is one character or more, `{name:3}` exactly three (bytes, not letters); `{_}` matches
/// and is forgotten. Two fields side by side need a length on one of them.
class name_pattern {
 public:
  /// Throws E_OPTION (request): a brace without partner, a name outside [A-Za-z_][A-Za-z0-9_]*, a name twice, a
  /// length outside 1 to 255, two neighbours without length, a text longer than 1024.
  explicit name_pattern(std::string_view text);

  /// The fields of a name that fits as a whole, in the order of the pattern; nullopt when it does not. Where several
  /// readings fit, each field from the left is as long as it can be: {patient}_{side} reads p_1_L as p_1, L. Names
  /// longer than 1024 bytes do not fit.
  [[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> match(std::string_view name) const;

  /// The text with each field replaced. Lengths are not looked at. Throws E_OPTION (request) for a field that `values`
  /// lacks, naming those there are.
  [[nodiscard]] std::string fill(const std::map<std::string, std::string>& values) const;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  struct part {
    bool field = false;
    std::string text;        ///< of a field its name
    std::size_t length = 0;  ///< of a field: 0 is any
  };
  [[nodiscard]] part read_field(std::string_view inside) const;
  void check_order() const;

  std::string text_;
  std::vector<part> parts_;
};

struct named_pattern {
  std::string name;
  name_pattern pattern;
};

/// `NAME=PATTERN`, or a pattern alone, which gets `default_name`. A name has letters, digits, '.', '_' and '-'.
named_pattern parse_named_pattern(std::string_view text, std::string_view default_name);

}  // namespace medvision
