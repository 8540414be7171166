// SPDX-License-Identifier: Apache-2.0
// The published schema, applied. For the record room only: it shows the JSON library's types.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "medvision/record/json_text.hpp"

namespace medvision {

/// What is wrong with a record by record.schema.json, one sentence each; the schema library alone says it.
std::vector<std::string> schema_problems(const ordered_json& record);

/// A schema (draft 7) as a tree of tests, which saves the many records that are valid the way through the schema
/// library, twenty times as long. A keyword it does not know makes its place doubtful, never valid.
class sure_schema {
 public:
  /// Throws E_JSON for a reference that leads nowhere.
  explicit sure_schema(const ordered_json& schema);
  ~sure_schema();
  /// True: certainly valid. False: perhaps not.
  [[nodiscard]] bool accepts(const ordered_json& value) const;

 private:
  struct tree;
  std::unique_ptr<tree> tree_;
};

}  // namespace medvision
