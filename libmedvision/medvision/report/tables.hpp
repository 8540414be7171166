// SPDX-License-Identifier: Apache-2.0
// The numbers of a report as HTML tables. All text of the studies is escaped.
#pragma once

#include <string>
#include <vector>

#include "medvision/report/series.hpp"

namespace medvision {

/// A row a series: its line's look, its counts (n, failed, excluded, ...), which program and version made it and with
/// which options.
std::string table_of_systems(const std::vector<report_system>& systems, const std::vector<report_series>& series);

/// A row a figure, a column a series: its value or mean with interval, how many cases it is of, and where it is
/// undefined the reason; a table for each set of series that have the same figures. Figures at several thresholds
/// ("name@0.3") are left to the drawings and tables_of_numbers. "" when no figure has a value or mean.
std::string tables_of_figures(const std::vector<report_series>& series);

/// The figure "six" of med-score-grades: a row a measure and each of the counts behind them, a column a series that has
/// it. "" when there is none.
std::string table_of_six(const std::vector<report_series>& series);

/// Every number of every figure: one table for figures that say the same things.
std::string tables_of_numbers(const std::vector<report_series>& series);

/// True by predicted label, the darker the larger the share of its row; up to 40 labels, else a sentence.
std::string tables_of_confusion(const std::vector<report_series>& series);

}  // namespace medvision
