// SPDX-License-Identifier: Apache-2.0
// The bootstrap interval of an area, alone: auc_bootstrap CASES REPLICATES THREADS, scores drawn by a fixed rule.
#include <cstdlib>
#include <iostream>
#include <random>

#include "medvision/score/bootstrap.hpp"

int main(int, char** argv) {
  const auto cases = std::size_t(std::atol(argv[1]));
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> scores;
  std::vector<std::uint8_t> positive;
  std::vector<std::uint64_t> patients;
  for (std::size_t i = 0; i < cases; ++i) {
    positive.push_back(random() % 4 == 0);
    scores.push_back(normal(random) + positive.back());
    patients.push_back(random() % cases);
  }
  const auto b =
      medvision::bootstrap_auc(scores, positive, patients, {std::atoi(argv[2]), 1, 0.95, std::atoi(argv[3])});
  std::cout << b.low.value_or(0) << " " << b.high.value_or(0) << "\n";
}
