// SPDX-License-Identifier: Apache-2.0
// One convolution by oneDNN for one shape of input, strip by strip. For the files of fast convolutions only.
#pragma once

#include <array>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <opencv2/core/mat.hpp>
#include <vector>

namespace medvision {

/// How a window moves: two numbers each, rows first. dilations: 0 is none.
struct convolution_window {
  dnnl::memory::dims strides, dilations, before, after;
};

/// Output rows that are computed at once, and the input rows they need, without those that are padding.
struct convolution_strip {
  int first, count, first_in, count_in;
  dnnl::memory::dim above, below;
};

class convolution_plan {
 public:
  /// in, out: N×C×H×W 32F, of which only the shapes matter; weights: O×I/groups×kh×kw; bias: O numbers; after: what is
  /// done to each value made. throws: dnnl::error, cv::Exception where oneDNN has no such convolution.
  convolution_plan(const cv::Mat& in, const cv::Mat& out, const cv::Mat& weights, const cv::Mat& bias,
                   const convolution_window& w, const dnnl::post_ops& after);

  /// in, out: of those shapes, dense. Shared out over OpenCV's threads; the bytes do not depend on how many there are.
  void run(const cv::Mat& in, cv::Mat& out) const;

  /// The weights as they were given, from the layout they are kept in.
  [[nodiscard]] cv::Mat plain_weights() const;

 private:
  /// For strips of one form.
  struct planned {
    dnnl::convolution_forward::primitive_desc plan;
    dnnl::convolution_forward run;
    dnnl::memory weights;
  };

  void plan_strips(const cv::Mat& in, const cv::Mat& out, const convolution_window& w);
  void run_strip(const cv::Mat& in, cv::Mat& out, int picture, int number) const;

  std::vector<convolution_strip> strips_;
  std::vector<int> plan_of_strip_;
  std::vector<planned> plans_;
  std::vector<int> shape_;  // of the weights
  dnnl::memory::dims kernel_;
  dnnl::primitive_attr attributes_;
  dnnl::memory bias_;
};

}  // namespace medvision
