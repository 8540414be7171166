// SPDX-License-Identifier: Apache-2.0
// Every overlap score and HD95 of pairs of masks; prints the seconds of the processor a pair took and the sums of Dice
// and HD95. score_pairs FILE.npy TIMES: an array N×2×H×W of 8 bit, gone through TIMES times.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <opencv2/core.hpp>

#include "medvision/io/tensor_file.hpp"
#include "medvision/score/overlap.hpp"
#include "medvision/score/surface.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  cv::setNumThreads(1);
  const cv::Mat pairs = medvision::read_tensor(argv[1]);
  const int n = pairs.size[0], rows = pairs.size[2], columns = pairs.size[3], times = std::atoi(argv[2]);
  double dice = 0, hd95 = 0;
  const std::clock_t started = std::clock();
  for (int k = 0; k < times; ++k)
    for (int i = 0; i < n; ++i) {
      auto* at = const_cast<uchar*>(pairs.ptr(i));
      const cv::Mat predicted(rows, columns, CV_8U, at), truth(rows, columns, CV_8U, at + std::size_t(rows) * columns);
      for (const auto& m : medvision::overlap_scores(medvision::count_confusion(predicted, truth)))
        if (m.name == "dice" && k == 0) dice += m.value.value_or(0);
      for (const auto& m : medvision::surface_scores(predicted, truth))
        if (m.name == "hd95_px" && k == 0) hd95 += m.value.value_or(0);
    }
  const double took = double(std::clock() - started) / CLOCKS_PER_SEC;
  std::printf("%.9g %.15g %.15g\n", took / (double(n) * times), dice, hd95);
}
