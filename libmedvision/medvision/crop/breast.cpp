// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/breast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "medvision/crop/dark_level.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

/// City-block distance to the nearest zero pixel, saturated above `most` where that fits a byte, which is quicker.
cv::Mat distance_to_zero(const cv::Mat& mask, int most) {
  cv::Mat distance;
  cv::distanceTransform(mask, distance, cv::DIST_L1, 3, most < 255 ? CV_8U : CV_32F);
  return distance;
}

cv::Mat eroded(const cv::Mat& tissue, int iterations) {
  cv::Mat ringed;
  cv::copyMakeBorder(tissue, ringed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  return distance_to_zero(ringed, iterations)(cv::Rect(1, 1, tissue.cols, tissue.rows)) > iterations;
}

/// The piece of `core` (nonzero inside) with most pixels. Labels count up in raster order of a piece's first pixel.
cv::Mat largest_piece(const cv::Mat& core) {
  cv::Mat labels, stats, centroids;
  const int count = cv::connectedComponentsWithStats(core, labels, stats, centroids, 4, CV_32S);
  int best = 1;
  for (int k = 2; k < count; ++k)
    if (stats.at<int>(k, cv::CC_STAT_AREA) > stats.at<int>(best, cv::CC_STAT_AREA)) best = k;
  return labels == best;
}

/// First and last index of a nonzero value.
std::array<int, 2> ends(const std::vector<uchar>& line) {
  const auto on = [](uchar v) { return v != 0; };
  const auto first = std::find_if(line.begin(), line.end(), on);
  if (first == line.end()) return {-1, -1};
  const auto last = std::find_if(line.rbegin(), line.rend(), on);
  return {int(first - line.begin()), int(line.rend() - last) - 1};
}

std::vector<uchar> line_of(const cv::Mat& row_or_column) { return {row_or_column.reshape(1, 1)}; }

}  // namespace

cv::Mat grey_of(const cv::Mat& image) {
  if (image.empty() || image.dims != 2 || (image.channels() != 1 && image.channels() != 3))
    throw error("E_SHAPE", fmt::format("a mammogram has 1 channel, or 3 equal ones; met {}x{} with {}", image.cols,
                                       image.rows, image.channels()));
  if (image.depth() != CV_8U && image.depth() != CV_16U)
    throw error("E_DEPTH", fmt::format("a mammogram has 8 or 16 bits, met {}", cv::typeToString(image.type())));
  if (image.channels() == 1) return image;
  std::vector<cv::Mat> planes;
  cv::split(image, planes);
  if (cv::norm(planes[0], planes[1], cv::NORM_INF) != 0 || cv::norm(planes[0], planes[2], cv::NORM_INF) != 0)
    throw error("E_SHAPE", "the picture is coloured; a mammogram has 1 channel, or 3 equal ones");
  return planes[0];
}

breast_tissue find_tissue(const cv::Mat& image, const std::optional<double>& background) {
  const cv::Mat grey = grey_of(image);
  breast_tissue t;
  if (background) {
    t.background = *background;
    t.mask = grey > *background;
  } else {
    const dark_level dark = find_dark_level(grey);
    t.background = dark.top;
    t.fill = dark.level;
    t.mask = grey > dark.top;
    // Noise beyond the level dots the background and pits the breast, and every pit would grow with the erosions.
    if (dark.top > dark.level) cv::medianBlur(t.mask, t.mask, 5);
  }
  if (cv::countNonZero(t.mask) == 0)
    throw error("E_NO_TISSUE", fmt::format("no tissue: no pixel is brighter than the background, {}", t.background));
  return t;
}

cv::Mat find_breast(const cv::Mat& tissue, int iterations) {
  const cv::Mat core = iterations > 0 ? eroded(tissue, iterations) : tissue;
  const cv::Rect around = cv::boundingRect(core);
  if (around.empty())
    throw error("E_NO_TISSUE", fmt::format("no tissue is left after {} erosions; fewer leave more", iterations));
  const cv::Rect reach = clip(
      {around.x - iterations, around.y - iterations, around.width + 2 * iterations, around.height + 2 * iterations},
      tissue.size());
  cv::Mat breast = cv::Mat::zeros(tissue.size(), CV_8U), piece = largest_piece(core(around));
  piece.copyTo(breast(around));
  if (iterations > 0) {
    cv::Mat part = breast(reach);
    const cv::Mat grown = distance_to_zero(~part, iterations) <= iterations;
    grown.copyTo(part);
  }
  return breast;
}

pointing pointing_of(const cv::Mat& breast) {
  const auto compare = [](int left, int right) { return left < right ? pointing::left : pointing::right; };
  const int left = cv::countNonZero(breast.col(0)), right = cv::countNonZero(breast.col(breast.cols - 1));
  if (left != right) return compare(left, right);
  const int half = breast.cols / 2;
  return compare(cv::countNonZero(breast.colRange(0, half)),
                 cv::countNonZero(breast.colRange(breast.cols - half, breast.cols)));
}

breast_box measure_breast(const cv::Mat& breast, pointing to, int buffer) {
  breast_box b{to, cv::boundingRect(breast)};
  if (b.breast.empty()) throw error("E_NO_TISSUE", "the mask of the breast is empty");
  const bool right = to == pointing::right;
  const int top = std::max(0, b.breast.y - buffer), bottom = std::min(breast.rows, b.breast.br().y + buffer);
  b.distance_from_starting_side = right ? b.breast.x : breast.cols - b.breast.br().x;
  const int left = right ? b.breast.x : std::max(0, b.breast.x - buffer);
  const int end = right ? std::min(breast.cols, b.breast.br().x + buffer) : b.breast.br().x;
  b.kept = {left, top, end - left, bottom - top};

  const int last = b.breast.br().y - 1;
  const std::array<int, 2> low = ends(line_of(breast.row(last)));
  b.bottommost_row = last - top;
  b.bottommost_columns = right ? std::array{low[0] - left, low[1] - left} : std::array{end - low[1], end - low[0]};

  const int upper = b.kept.height / 3;
  const cv::Mat rest = breast(b.kept).rowRange(upper, b.kept.height);
  cv::Mat columns;
  cv::reduce(rest, columns, 0, cv::REDUCE_MAX);
  const std::array<int, 2> reached = ends(line_of(columns));
  if (reached[1] < 0)
    throw error("E_NO_TISSUE",
                fmt::format("the breast lies in the upper third of what is kept with a buffer of {} pixels; "
                            "a smaller one is needed",
                            buffer));
  const int column = right ? reached[1] : reached[0];
  const std::array<int, 2> rows = ends(line_of(rest.col(column).clone()));
  b.rightmost_rows = {rows[0] + upper, rows[1] + upper};
  b.rightmost_column = right ? column : b.kept.width - column;
  return b;
}

}  // namespace medvision
