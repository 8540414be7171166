// SPDX-License-Identifier: Apache-2.0
// Are the probabilities to be believed? Brier's score and the expected calibration error.
#pragma once

#include <cstdint>
#include <span>

namespace medvision {

/// Mean squared distance of N probabilities from 0 or 1. Throws E_SHAPE (different lengths, no case) and E_RANGE for a
/// probability outside 0..1. Differs from brier_of_classes, which for two classes is twice as large.
double brier(std::span<const double> probability, std::span<const std::uint8_t> positive);

/// Mean over N cases of the squared distances summed over their classes. probabilities: N×classes, row by row;
/// truth: N labels from 0. Throws as brier. Source: Brier, Mon. Weather Rev. 78(1), 1950.
double brier_of_classes(std::span<const double> probabilities, std::span<const int> truth, int classes);

/// Expected calibration error: confidences in `bins` bins of equal width (a bin holds its lower bound; 1 is in the
/// last), the distance between mean confidence and share right of each, weighted by its cases. Throws as brier.
/// Source: Guo et al., On calibration of modern neural networks, ICML 2017 (15 bins).
double calibration_error(std::span<const double> confidence, std::span<const std::uint8_t> right, int bins = 15);

}  // namespace medvision
