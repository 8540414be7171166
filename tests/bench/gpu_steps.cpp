// SPDX-License-Identifier: Apache-2.0
// Would a step before or behind the network pay on the GPU? Each step of ours by one processor, beside OpenCV's for
// CUDA with page-locked memory, the way there and the way back: dnn takes and gives no picture on the GPU.
//   gpu_steps WIDTHxHEIGHT SECONDS [N of cuda:N]
// Prints a line a step: name, ms of a processor, ms of the GPU, of these under way, largest difference of the results.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <opencv2/core/cuda.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/cudaarithm.hpp>
#include <opencv2/cudafilters.hpp>
#include <opencv2/cudaimgproc.hpp>
#include <opencv2/cudawarping.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/enhance/clahe.hpp"
#include "medvision/enhance/gamma.hpp"
#include "medvision/enhance/gray.hpp"
#include "medvision/enhance/local_mean.hpp"
#include "medvision/enhance/resize.hpp"
#include "medvision/enhance/standardize.hpp"
#include "medvision/saliency/upsample.hpp"

using namespace medvision;

namespace {

using cv::cuda::GpuMat;
using host_step = std::function<cv::Mat(const cv::Mat&)>;
using device_step = std::function<void(const GpuMat& in, GpuMat& out)>;

double milliseconds(double seconds, const std::function<void()>& act) {
  using clock = std::chrono::steady_clock;
  for (int i = 0; i < 3; ++i) act();  // memory is had, kernels are loaded
  const auto began = clock::now();
  double spent = 0;
  int times = 0;
  while (spent < seconds || times < 3) {
    act(), ++times;
    spent = std::chrono::duration<double>(clock::now() - began).count();
  }
  return spent * 1e3 / times;
}

void compare(const char* name, const cv::Mat& in, double seconds, const host_step& ours, const device_step& theirs) {
  cv::Mat expected;
  const double host = milliseconds(seconds, [&] { expected = ours(in); });
  const cv::cuda::HostMem from(in, cv::cuda::HostMem::PAGE_LOCKED);
  GpuMat there, made;
  there.upload(from);
  theirs(there, made);
  cv::cuda::HostMem back(made.rows, made.cols, made.type(), cv::cuda::HostMem::PAGE_LOCKED);
  const double whole = milliseconds(seconds, [&] {
    there.upload(from);
    theirs(there, made);
    made.download(back);
  });
  const double way = milliseconds(seconds, [&] {
    there.upload(from);
    made.download(back);
  });
  cv::Mat a, b;
  expected.convertTo(a, CV_64F), back.createMatHeader().convertTo(b, CV_64F);
  fmt::print("{:<28} {:9.3f} {:9.3f} {:9.3f}   {:.3g}\n", name, host, whole, way, cv::norm(a, b, cv::NORM_INF));
}

void standardize_there(const GpuMat& in, GpuMat& out) {
  const double count = double(in.rows) * in.cols;
  const double mean = cv::cuda::sum(in)[0] / count;
  const double deviation = std::sqrt(cv::cuda::sqrSum(in)[0] / count - mean * mean);
  in.convertTo(out, CV_32F, 1 / deviation, -mean / deviation);
}

void all_steps(cv::Size size, double seconds) {
  cv::Mat color(size, CV_8UC3), gray8(size, CV_8U), cells(size / 64, CV_32F);
  cv::randu(color, 0, 256), cv::randu(gray8, 0, 256), cv::randu(cells, 0, 1);
  cv::GaussianBlur(color, color, {}, 3), cv::GaussianBlur(gray8, gray8, {}, 3);
  const gray_weights weights{0.299, 0.587, 0.114};
  compare(
      "grey", color, seconds, [&](const cv::Mat& m) { return rounded_gray(m, weights); },
      [](const GpuMat& in, GpuMat& out) { cv::cuda::cvtColor(in, out, cv::COLOR_BGR2GRAY); });
  const auto equalizer = cv::cuda::createCLAHE(2, {8, 8});
  compare(
      "CLAHE, clip 2, 8x8", gray8, seconds,
      [](const cv::Mat& m) {
        return clahe(m.clone(), {2, 8, 8});
      },
      [&](const GpuMat& in, GpuMat& out) { equalizer->apply(in, out); });
  const auto table = cv::cuda::createLookUpTable(gamma_table(1.2, CV_8U));
  compare(
      "gamma 1.2", gray8, seconds, [](const cv::Mat& m) { return correct_gamma(m.clone(), 1.2); },
      [&](const GpuMat& in, GpuMat& out) { table->transform(in, out); });
  compare(
      "standardise", gray8, seconds,
      [](const cv::Mat& m) {
        standardize_parameters p;
        p.how = standardization::image;
        return standardize(m, p, 255);
      },
      standardize_there);
  // cudafilters has 32 taps at most, so no larger mean than this can be had there.
  const auto mean = cv::cuda::createGaussianFilter(CV_32F, CV_32F, {31, 31}, 4);
  compare(
      "local mean, sigma 4", gray8, seconds, [](const cv::Mat& m) { return subtract_local_mean(m, {4}); },
      [&](const GpuMat& in, GpuMat& out) {
        GpuMat values, blurred;
        in.convertTo(values, CV_32F);
        mean->apply(values, blurred);
        cv::cuda::addWeighted(values, 4, blurred, -4, 128, out, CV_8U);
      });
  const resize_plan quarter = plan_resize(size, size / 4, resize_fit::stretch);
  compare(
      "resize to a quarter, area", color, seconds,
      [&](const cv::Mat& m) { return resize(m, quarter, interpolation::area); },
      [&](const GpuMat& in, GpuMat& out) { cv::cuda::resize(in, out, size / 4, 0, 0, cv::INTER_AREA); });
  compare(
      "upsampling of a map", cells, seconds, [&](const cv::Mat& m) { return upsample(m, size, {upsampling::linear}); },
      [&](const GpuMat& in, GpuMat& out) {
        // Its resize puts pixel 0 on cell 0; between centres, as here, only a map of pixels to cells does.
        const double step_x = double(cells.cols) / size.width, step_y = double(cells.rows) / size.height;
        const cv::Matx23d to_cells(step_x, 0, 0.5 * step_x - 0.5, 0, step_y, 0.5 * step_y - 0.5);
        cv::cuda::warpAffine(in, out, to_cells, size, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
      });
}

}  // namespace

int main(int argc, char** argv) {
  cv::Size size;
  if (argc < 3 || std::sscanf(argv[1], "%dx%d", &size.width, &size.height) != 2)
    return std::fprintf(stderr, "see the head of gpu_steps.cpp\n"), 2;
  try {
    cv::setNumThreads(1);
    cv::cuda::setDevice(argc > 3 ? std::atoi(argv[3]) : 0);
    fmt::print("{}x{}, ms                 one processor       GPU  its way   difference\n", size.width, size.height);
    all_steps(size, std::atof(argv[2]));
    return 0;
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "gpu_steps: %s\n", e.what()), 1;
  }
}
