// SPDX-License-Identifier: Apache-2.0
#include "medvision/draw/sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr int gap = 4, caption_height = 16, least_cell = 48, most_cell = 4096;
constexpr int face = cv::FONT_HERSHEY_SIMPLEX;
constexpr double letters = 0.4;  // of the face's own size

bool in_range(int side) { return side >= least_cell && side <= most_cell; }

std::string fitting(std::string text, int width) {
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  const auto is_wide = [&](const std::string& s) {
    return cv::getTextSize(s, face, letters, 1, nullptr).width > width;
  };
  if (!is_wide(text)) return text;
  while (!text.empty() && is_wide(".." + text)) text.erase(0, 1);
  return ".." + text;
}

}  // namespace

cv::Mat start_sheet(int pictures, const sheet_layout& layout) {
  const cv::Size grid = layout.grid, cell = layout.cell;
  const auto refuse = [](const std::string& what) { throw error("E_OPTION", what, blame::request); };
  if (grid.width < 1 || grid.height < 1 || pictures < 1)
    refuse(
        fmt::format("a sheet of {} pictures, {} a row in {} rows, cannot be made", pictures, grid.width, grid.height));
  if (!in_range(cell.width) || !in_range(cell.height))
    refuse(fmt::format("a cell of {}x{} pixels is asked for, expected {} to {} each", cell.width, cell.height,
                       least_cell, most_cell));
  const int across = std::min(grid.width, pictures);
  const int rows = std::min(grid.height, (pictures - 1) / grid.width + 1);
  const std::int64_t pixels = std::int64_t(across) * cell.width * rows * cell.height;
  if (pixels > std::int64_t{1} << 28) refuse(fmt::format("a sheet of {} pixels is asked for, at most 2^28", pixels));
  return cv::Mat::zeros(rows * cell.height, across * cell.width, CV_8UC3);
}

void put_on_sheet(cv::Mat& sheet, const sheet_layout& layout, int place, const cv::Mat& picture,
                  const std::string& caption) {
  if (picture.empty() || picture.type() != CV_8UC3)
    throw error("E_SHAPE", fmt::format("a sheet shows 8UC3 pictures, this one is {}x{} {}", picture.cols, picture.rows,
                                       cv::typeToString(picture.type())));
  const cv::Rect cell(place % layout.grid.width * layout.cell.width, place / layout.grid.width * layout.cell.height,
                      layout.cell.width, layout.cell.height);
  if (place < 0 || cell.br().x > sheet.cols || cell.br().y > sheet.rows)
    throw error("E_SHAPE", fmt::format("there is no place {} on a sheet of {}x{}", place, sheet.cols, sheet.rows));
  const int width = cell.width - gap, height = cell.height - gap - caption_height;
  const double scale = std::min(double(width) / picture.cols, double(height) / picture.rows);
  const cv::Size size(std::clamp(int(std::lround(picture.cols * scale)), 1, width),
                      std::clamp(int(std::lround(picture.rows * scale)), 1, height));
  const cv::Point at(cell.x + (cell.width - size.width) / 2, cell.y + (cell.height - caption_height - size.height) / 2);
  cv::resize(picture, sheet(cv::Rect(at, size)), size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::putText(sheet, fitting(caption, width), {cell.x + gap / 2, cell.br().y - gap - 1}, face, letters,
              cv::Scalar(255, 255, 255), 1, cv::LINE_AA);
}

}  // namespace medvision
