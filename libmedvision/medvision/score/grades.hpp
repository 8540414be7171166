// SPDX-License-Identifier: Apache-2.0
// How well do predicted grades agree with the true ones? A table of counts over a declared set of labels, and what
// follows from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace medvision {

/// Cases by true label (row) and predicted label (column), labels being 0 to size - 1 in the order declared.
struct confusion_table {
  int size = 0;
  std::vector<std::int64_t> counts;

  /// Throws E_RANGE for a size below 1.
  explicit confusion_table(int labels);
  /// Throws E_LABEL when either label is outside the set.
  void add(int truth, int predicted, std::int64_t cases = 1);
  [[nodiscard]] std::int64_t at(int truth, int predicted) const {
    return counts[std::size_t(truth * size + predicted)];
  }
  [[nodiscard]] std::int64_t total() const;
};

/// One class against the others.
struct binary_table {
  std::int64_t tp = 0, fp = 0, fn = 0, tn = 0;
};

/// Label `label` as positive. The sum over labels of tp is the number of agreements.
binary_table one_against_rest(const confusion_table& table, int label);

/// Ratios of a binary table, each nothing where its denominator is 0: recall and specificity without a case of that
/// truth, precision without a case predicted so, F only where the class is neither there nor predicted.
struct binary_rates {
  std::optional<double> accuracy, recall, specificity, precision, f1, f2, f05;
};
binary_rates rates_of(const binary_table& table);

/// Agreements over cases; nothing for an empty table.
std::optional<double> accuracy_of(const confusion_table& table);

/// Cohen's kappa: 1 - sum(w O) / sum(w E), E from the margins; w is 1 off the diagonal, the distance of the labels, or
/// its square. Nothing when the expected disagreement is 0: no case, or one label alone on both sides.
/// Source: Cohen, Psychol. Bull. 70(4), 1968.
enum class kappa_weight { none, linear, quadratic };
std::optional<double> kappa_of(const confusion_table& table, kappa_weight weight);

/// Mean over the labels where a rate is defined.
struct macro_rate {
  std::optional<double> mean;
  int defined = 0;  ///< labels
};
macro_rate macro_of(std::span<const std::optional<double>> rates);

}  // namespace medvision
