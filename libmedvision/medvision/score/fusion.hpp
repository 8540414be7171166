// SPDX-License-Identifier: Apache-2.0
// What do several say together: the views of a breast, the eyes of a patient, the members of an ensemble?
#pragma once

#include <map>
#include <string>
#include <vector>

namespace medvision {

/// mean: sum(w·s) / sum(w), the plain mean where all weights are one. max: the largest.
enum class fusion { mean, max };

/// Scores of one member by name.
using named_scores = std::map<std::string, double>;

/// Fuses name by name. members: at least one, all with the same names, finite. weights: one a member, not negative, not
/// all zero; empty: all one. returns: one score a name. throws: E_FUSE (no member, names that differ, weights).
named_scores fuse_scores(const std::vector<named_scores>& members, fusion how, const std::vector<double>& weights = {});

/// Weights by the value of a field: those of "tags.model:a=0.6,b=0.4".
struct weight_table {
  std::string field = "tags.model";
  std::map<std::string, double> by_value;
  /// Throws E_FUSE naming the value when it has no weight.
  [[nodiscard]] double of(const std::string& value) const;
};

/// words: {"FIELD:VALUE=WEIGHT", "VALUE=WEIGHT", …}. Without a FIELD tags.model is
/// meant. Throws E_OPTION (blame request): an empty field, a value twice, a weight
/// that is negative or no number, weights that are all zero.
weight_table parse_weights(const std::vector<std::string>& words);

}  // namespace medvision
