// SPDX-License-Identifier: Apache-2.0
// A count of every value, a table of what they mean, and the masks looked up in it.
#include "medvision/score/mask_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr int most_values = 65536;
enum meaning : uchar { unknown, negative, positive, ignored };

/// One channel of 16 bit.
cv::Mat one_channel(const cv::Mat& image) {
  if (image.dims != 2 || (image.depth() != CV_8U && image.depth() != CV_16U) ||
      (image.channels() != 1 && image.channels() != 3))
    throw error("E_SHAPE",
                fmt::format("a truth mask has whole numbers of 8 or 16 bit; met {}", cv::typeToString(image.type())));
  cv::Mat values;
  if (image.channels() == 1) {
    values = image;
  } else {
    std::vector<cv::Mat> planes;
    cv::split(image, planes);
    for (int i = 1; i < 3; ++i)
      if (cv::norm(planes[0], planes[i], cv::NORM_INF) != 0)
        throw error("E_LABEL", "the truth mask has colours; one value a pixel is needed");
    values = planes[0];
  }
  if (values.depth() == CV_16U) return values;
  cv::Mat wide;
  values.convertTo(wide, CV_16U);
  return wide;
}

std::vector<std::int64_t> count_values(const cv::Mat& values) {
  std::vector<std::int64_t> pixels(most_values);
  for (int y = 0; y < values.rows; ++y)
    for (int x = 0; x < values.cols; ++x) ++pixels[values.ptr<std::uint16_t>(y)[x]];
  return pixels;
}

std::vector<meaning> look_up(const value_map& meanings, const std::string& class_name,
                             const std::vector<std::int64_t>& pixels) {
  std::vector<meaning> table(most_values, unknown);
  table[0] = negative;
  if (meanings.empty()) {
    // 0 and 1, or 0 and 255: with both 1 and 255 it is no plain mask.
    if (!pixels[255]) table[1] = positive;
    if (!pixels[1]) table[255] = positive;
  }
  for (const auto& [value, word] : meanings)
    table[value] = word == "ignore" ? ignored : word == "1" || word == class_name ? positive : negative;
  return table;
}

void refuse_unknown(const std::vector<std::int64_t>& pixels, const std::vector<meaning>& table, bool plain) {
  std::string met;
  int kinds = 0;
  for (int v = 0; v < most_values; ++v)
    if (pixels[v] && table[v] == unknown && ++kinds <= 10)
      met += fmt::format("{}{} ({} pixels)", kinds > 1 ? ", " : "", v, pixels[v]);
  if (!kinds) return;
  if (kinds > 10) met += fmt::format(" and {} more", kinds - 10);
  throw error("E_LABEL", fmt::format("the truth mask holds {}{}; say --mask-map VALUE=1, =0, =ignore or =CLASS", met,
                                     plain ? ", not 0 and 1 or 0 and 255 alone" : ", which --mask-map does not name"));
}

}  // namespace

value_map read_value_map(const std::vector<std::string>& entries) {
  value_map meanings;
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    int value = -1;
    const char* begin = entry.data();
    const auto [end, fault] = std::from_chars(begin, begin + std::min(equals, entry.size()), value);
    if (equals == std::string::npos || equals + 1 == entry.size() || fault != std::errc() || end != begin + equals ||
        value < 0 || value >= most_values || !meanings.emplace(value, entry.substr(equals + 1)).second)
      throw error(
          "E_OPTION",
          fmt::format("--mask-map {}: VALUE=1, =0, =ignore or =CLASS is meant, each value from 0 to 65535 once", entry),
          blame::request);
  }
  return meanings;
}

truth_mask read_truth(const cv::Mat& image, const value_map& meanings, const std::string& class_name) {
  const cv::Mat values = one_channel(image);
  const std::vector<std::int64_t> pixels = count_values(values);
  const std::vector<meaning> table = look_up(meanings, class_name, pixels);
  refuse_unknown(pixels, table, meanings.empty());
  truth_mask mask{cv::Mat(values.size(), CV_8U), {}};
  if (std::count(table.begin(), table.end(), ignored)) mask.ignored.create(values.size(), CV_8U);
  for (int y = 0; y < values.rows; ++y) {
    const auto* v = values.ptr<std::uint16_t>(y);
    uchar *p = mask.positive.ptr(y), *i = mask.ignored.empty() ? nullptr : mask.ignored.ptr(y);
    for (int x = 0; x < values.cols; ++x) {
      p[x] = table[v[x]] == positive ? 255 : 0;
      if (i) i[x] = table[v[x]] == ignored ? 255 : 0;
    }
  }
  return mask;
}

}  // namespace medvision
