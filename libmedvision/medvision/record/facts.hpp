// SPDX-License-Identifier: Apache-2.0
// What is known of pictures beside their pixels: where their masks lie, what their names mean, what tables say of them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "medvision/record/labels.hpp"
#include "medvision/record/pattern.hpp"
#include "medvision/record/record.hpp"

namespace medvision {

/// Empty means: nothing is said. In patterns {id} is the record's id and {stem} its last component.
struct fact_sources {
  std::vector<std::string> truth_masks;  ///< [NAME=]PATTERN of paths, the name "truth" when none is given
  std::string fov;                       ///< pattern of a path
  std::string tags;                      ///< pattern of the stem
  std::string labels, truth_boxes;       ///< CSV files
  std::string id = "id";                 ///< their column with the id, the stem or the file's name
};

class known_facts {
 public:
  known_facts() = default;
  /// Reads the tables. Throws (request) E_OPTION for a pattern, E_CSV and E_MISSING for a table.
  explicit known_facts(const fact_sources& sources);

  /// Size and type of a picture or mask from its header; throws as it likes.
  using prober = std::function<picture_info(const std::string& path)>;

  /// Makes `r` the record of the picture at `path`: image, labels, tags, size and source, boxes, masks, field of view,
  /// in this order, so that a failed record keeps what came before. stem: the last component of its name. Throws what
  /// `probe` throws, E_LABELS, E_BOX, E_TAGS (the stem does not fit), E_SHAPE (a mask of another size than the
  /// picture).
  void describe(record& r, const std::string& path, const std::string& stem, const prober& probe);

  /// The same of a picture on a list, whose row gives its labels; one of --labels goes before. Throws also E_CSV when
  /// the row names no picture.
  void describe(record& r, const listed_picture& picture, const std::string& stem, const prober& probe);

  /// Sentences on what did not meet: records without labels, rows without record.
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  std::vector<named_pattern> masks_;
  std::optional<name_pattern> fov_, tags_;
  joined_table labels_, boxes_;
  std::vector<std::string> unlabelled_, unboxed_;
};

}  // namespace medvision
