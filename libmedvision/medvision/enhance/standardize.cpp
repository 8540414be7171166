// SPDX-License-Identifier: Apache-2.0
// z-scores and stretches.
#include "medvision/enhance/standardize.hpp"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "medvision/error.hpp"

namespace medvision {
namespace {

template <class Pixel>
void stretch_rows(cv::Mat& flat, double low, double range) {
  constexpr int levels = 1 << (8 * sizeof(Pixel));
  std::vector<Pixel> table(levels);
  for (int v = 0; v < levels; ++v)
    if (v >= low && v <= low + range) table[v] = Pixel((v - low) / range * (levels - 1));
  for (int y = 0; y < flat.rows; ++y) {
    Pixel* p = flat.ptr<Pixel>(y);
    for (int x = 0; x < flat.cols; ++x) p[x] = table[p[x]];
  }
}

}  // namespace

standardize_parameters parse_standardization(std::string_view text) {
  if (text == "none") return {};
  if (text == "minmax") return {standardization::minmax};
  if (text == "image") return {standardization::image};
  standardize_parameters p{standardization::fixed};
  std::istringstream in{std::string(text)};
  in.imbue(std::locale::classic());
  char comma = 0, rest = 0;
  if (!(in >> p.mean >> comma >> p.deviation) || comma != ',' || (in >> rest) || !std::isfinite(p.mean) ||
      !std::isfinite(p.deviation) || p.deviation <= 0)
    throw error("E_OPTION",
                fmt::format("\"{}\" is no standardisation: none, minmax, image, or MEAN,STD with STD above 0", text),
                blame::request);
  return p;
}

cv::Mat standardize(const cv::Mat& values, const standardize_parameters& p, double top) {
  if (values.empty()) throw error("E_SHAPE", "an empty picture cannot be standardised");
  cv::Mat out;
  values.convertTo(out, CV_64F);
  cv::Mat flat = out.reshape(1);
  if (p.how == standardization::minmax) {
    double low = 0, high = 0;
    cv::minMaxIdx(flat, &low, &high);
    if (!(high > low)) return out.setTo(0);
    const double range = high - low;
    for (int y = 0; y < flat.rows; ++y)
      for (double *v = flat.ptr<double>(y), *end = v + flat.cols; v != end; ++v) *v = (*v - low) / range * top;
  } else if (p.how != standardization::none) {
    cv::Scalar mean(p.mean), deviation(p.deviation);
    if (p.how == standardization::image) cv::meanStdDev(flat, mean, deviation);
    const double divisor = p.how == standardization::image ? std::max(deviation[0], 1e-5) : deviation[0];
    for (int y = 0; y < flat.rows; ++y)
      for (double *v = flat.ptr<double>(y), *end = v + flat.cols; v != end; ++v) *v = (*v - mean[0]) / divisor;
  }
  return out;
}

cv::Mat stretch(cv::Mat image) {
  if (image.empty() || image.dims != 2) throw error("E_SHAPE", "an empty picture cannot be stretched");
  if (image.depth() != CV_8U && image.depth() != CV_16U)
    throw error("E_DEPTH",
                fmt::format("8- or 16-bit pixels can be stretched, these are {}", cv::typeToString(image.type())));
  cv::Mat flat = image.reshape(1);
  double low = 0, high = 0;
  cv::minMaxIdx(flat, &low, &high);
  if (!(high > low)) return image.setTo(0);
  if (image.depth() == CV_8U)
    stretch_rows<uchar>(flat, low, high - low);
  else
    stretch_rows<ushort>(flat, low, high - low);
  return image;
}

}  // namespace medvision
