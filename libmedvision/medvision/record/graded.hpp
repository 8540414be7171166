// SPDX-License-Identifier: Apache-2.0
// True and predicted grades of a manifest's records, as columns of numbers.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "medvision/record/record.hpp"

namespace medvision {

/// Where the grades lie. labels: the declared set, in their order. scores: NAME, read as the one score NAME of the
/// positive labels, or as NAME.<label> of every label. predicted: where a predicted label lies, "" for that of the
/// highest score (of equals the first) or, of two labels and one score, by the threshold. versus: another NAME.
struct grade_source {
  std::string truth = "labels.grade";
  std::vector<std::string> labels, positive;
  std::string predicted, scores, versus;
  double threshold = 0.5;
};

/// A row a usable case. predicted: -1 where none is told. scores: N×labels or empty; positive and versus: N or empty,
/// the score of the positive labels (their sum, where each label has one).
struct grade_rows {
  std::vector<int> truth, predicted;
  std::vector<double> scores, positive, versus;
  std::vector<std::uint64_t> patients;  ///< record::shard_hash: the patient, else the picture
  std::int64_t failed = 0, excluded = 0, without_patient = 0;
};

class grade_reader {
 public:
  /// Throws E_OPTION (request): labels missing, twice, or positive ones not among them; nothing to predict by.
  explicit grade_reader(grade_source source);

  /// Truth from another manifest, by id; failed records of it have none. `intersect`: ids of one side alone are
  /// excluded and counted. Throws E_DUPLICATE (request).
  void take_truth(const std::string& manifest, bool intersect);

  /// A failed record is counted. Throws, with the case counted as failed: E_TRUTH, E_LABEL (outside the set), E_SCORE
  /// (absent).
  void add(const record& r);
  /// All of a manifest that an option names. Records that failed before are left out. Throws (request), naming file and
  /// id, what add() throws, E_JSON for a line that is no record, and E_OPTION where no case is left.
  static grade_reader of_manifest(const std::string& path, const grade_source& source);

  /// Throws E_IDS (request) naming the first ten ids of each side that the other lacks.
  void check_ids() const;

  [[nodiscard]] const grade_rows& rows() const { return rows_; }
  /// n (usable), failed, excluded, without_patient (each then counts as a patient of its own).
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> counts() const;
  /// A flag a label.
  [[nodiscard]] std::vector<std::uint8_t> positive_labels() const;

 private:
  void read(const record& r);
  [[nodiscard]] int label_of(const std::string& text) const;
  double positive_score(const std::map<std::string, double>& all, const std::string& name) const;

  grade_source source_;
  grade_rows rows_;
  std::unordered_map<std::string, std::string> elsewhere_;  // id to label
  std::unordered_set<std::string> seen_;
  std::vector<std::string> unknown_;
  bool joined_ = false, intersect_ = false;
};

}  // namespace medvision
