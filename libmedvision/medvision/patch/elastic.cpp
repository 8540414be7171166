// SPDX-License-Identifier: Apache-2.0
// A coarse grid of displacements between two sets of weights, a strip of rows at a time.
#include "medvision/patch/elastic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "medvision/error.hpp"
#include "medvision/patch/sample.hpp"

namespace medvision {
namespace {

constexpr int strip = 64;         // rows in hand: the maps of a whole picture would be larger than the picture
constexpr int most_side = 32767;  // what cv::remap can address

/// One normal number, number k of the stream.
double draw_normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t index, std::uint64_t k) {
  const auto share = [&](std::uint64_t i) { return double(draw(seed, stream, index, i) >> 11) * 0x1p-53; };
  return std::sqrt(-2 * std::log(1 - share(2 * k))) * std::cos(2 * std::numbers::pi * share(2 * k + 1));
}

/// Row i: the weight of each of `side` nodes, at 0 to `length`, in the value at i + 1/2; rows `from` to `to`.
cv::Mat node_weights(int length, int side, int from, int to) {
  cv::Mat weights = cv::Mat::zeros(to - from, side, CV_64F);
  for (int i = from; i < to; ++i) {
    auto* w = weights.ptr<double>(i - from);
    const double t = (i + 0.5) / length * (side - 1);
    const int k = std::min(int(t), side - 2);
    const double s = t - k;
    const double cubic[4] = {((2 - s) * s - 1) * s / 2, ((3 * s - 5) * s * s + 2) / 2, ((4 - 3 * s) * s + 1) * s / 2,
                             (s - 1) * s * s / 2};
    for (int n = 0; n < 4; ++n) {
      const int node = k - 1 + n, end = node < 0 ? 0 : side - 1, inwards = node < 0 ? 1 : -1;
      if (node >= 0 && node < side) {
        w[node] += cubic[n];
      } else if (side == 2) {  // the node beyond the end, on the line through the two
        w[end] += 2 * cubic[n];
        w[end + inwards] -= cubic[n];
      } else {  // on the parabola through the last three
        w[end] += 3 * cubic[n];
        w[end + inwards] -= 3 * cubic[n];
        w[end + 2 * inwards] += cubic[n];
      }
    }
  }
  return weights;
}

/// down * nodes * across transposed, each pixel summed by itself: a strip has the bytes of the whole.
cv::Mat between_nodes(const cv::Mat& nodes, const cv::Mat& down, const cv::Mat& across) {
  cv::Mat values(down.rows, across.rows, CV_64F);
  std::vector<double> line(std::size_t(nodes.cols));
  for (int y = 0; y < down.rows; ++y) {
    for (int j = 0; j < nodes.cols; ++j) {
      line[std::size_t(j)] = 0;
      for (int i = 0; i < nodes.rows; ++i) line[std::size_t(j)] += down.at<double>(y, i) * nodes.at<double>(i, j);
    }
    for (int x = 0; x < across.rows; ++x) {
      const auto* weights = across.ptr<double>(x);
      double sum = 0;
      for (std::size_t j = 0; j < line.size(); ++j) sum += line[j] * weights[j];
      values.at<double>(y, x) = sum;
    }
  }
  return values;
}

/// Calls `use` for each strip with its rows and, for each pixel, the coordinates of the pixel it comes from, counted
/// from the centre of the first: 32F.
void each_strip(const displacement_grid& grid, cv::Size picture,
                const std::function<void(cv::Range, const cv::Mat&, const cv::Mat&)>& use) {
  for (int y0 = 0; y0 < picture.height; y0 += strip) {
    const cv::Range rows(y0, std::min(y0 + strip, picture.height));
    const displacement_field field = make_field(grid, picture, rows);
    cv::Mat from_x(rows.size(), picture.width, CV_32F), from_y(from_x.size(), CV_32F);
    for (int y = 0; y < rows.size(); ++y)
      for (int x = 0; x < picture.width; ++x) {
        from_x.at<float>(y, x) = float(x + field.x.at<double>(y, x));
        from_y.at<float>(y, x) = float(y0 + y + field.y.at<double>(y, x));
      }
    use(rows, from_x, from_y);
  }
}

int opencv_border(border outside) {
  if (outside == border::zero) return cv::BORDER_CONSTANT;
  if (outside == border::edge) return cv::BORDER_REPLICATE;
  if (outside == border::reflect) return cv::BORDER_REFLECT_101;
  throw error("E_OPTION", "beyond the edge of a bent picture is zero, edge or reflect", blame::request);
}

}  // namespace

void check_elastic(const elastic_parameters& p) {
  if (!(p.sigma >= 0 && p.sigma <= 1e6) || p.grid < 2 || p.grid > 64)
    throw error("E_OPTION",
                fmt::format("displacements of {} pixels at {}x{} nodes: 0 to 1000000 at 2 to 64 are taken", p.sigma,
                            p.grid, p.grid),
                blame::request);
}

displacement_grid draw_displacements(const elastic_parameters& p, std::uint64_t seed, std::uint64_t stream,
                                     std::uint64_t index) {
  check_elastic(p);
  if (p.sigma == 0) return {};
  displacement_grid grid{cv::Mat(p.grid, p.grid, CV_64F), cv::Mat(p.grid, p.grid, CV_64F)};
  std::uint64_t k = 0;
  for (int i = 0; i < p.grid; ++i)
    for (int j = 0; j < p.grid; ++j) {
      grid.x.at<double>(i, j) = p.sigma * draw_normal(seed, stream, index, k++);
      grid.y.at<double>(i, j) = p.sigma * draw_normal(seed, stream, index, k++);
    }
  return grid;
}

displacement_field make_field(const displacement_grid& grid, cv::Size picture, cv::Range rows) {
  const int side = grid.x.rows;
  if (picture.empty() || rows.start < 0 || rows.end > picture.height || rows.empty())
    throw error("E_SHAPE", "rows of a picture that is not empty are needed");
  if (side < 2 || grid.x.cols != side || grid.y.size() != grid.x.size())
    throw error("E_SHAPE", fmt::format("{}x{} nodes, a square of 2x2 or more is needed", grid.x.cols, side));
  const cv::Mat down = node_weights(picture.height, side, rows.start, rows.end);
  const cv::Mat across = node_weights(picture.width, side, 0, picture.width);
  return {between_nodes(grid.x, down, across), between_nodes(grid.y, down, across)};
}

cv::Mat bend(const cv::Mat& image, const displacement_grid& grid, border outside, bool nearest) {
  const int beyond = opencv_border(outside);
  if (image.empty()) throw error("E_SHAPE", "an empty picture cannot be bent");
  if (grid.empty()) return image.clone();
  if (image.cols > most_side || image.rows > most_side)
    throw error("E_TOO_LARGE", fmt::format("{}x{} pixels: a picture that is bent has sides of {} at most", image.cols,
                                           image.rows, most_side));
  cv::Mat out(image.size(), image.type());
  each_strip(grid, image.size(), [&](cv::Range rows, const cv::Mat& from_x, const cv::Mat& from_y) {
    cv::Mat part = out.rowRange(rows);
    cv::remap(image, part, from_x, from_y, nearest ? cv::INTER_NEAREST : cv::INTER_LINEAR, beyond);
  });
  return out;
}

std::vector<cv::Rect2d> bend_boxes(const std::vector<cv::Rect2d>& boxes, const displacement_grid& grid,
                                   cv::Size picture) {
  if (grid.empty() || boxes.empty()) return boxes;
  std::vector<cv::Rect2d> bent(boxes.size());
  each_strip(grid, picture, [&](cv::Range rows, const cv::Mat& from_x, const cv::Mat& from_y) {
    for (int y = 0; y < rows.size(); ++y)
      for (int x = 0; x < picture.width; ++x) {
        const double u = from_x.at<float>(y, x) + 0.5, v = from_y.at<float>(y, x) + 0.5;
        if (u < 0 || v < 0 || u > picture.width || v > picture.height) continue;
        for (std::size_t i = 0; i < boxes.size(); ++i) {
          const cv::Rect2d& b = boxes[i];
          if (u >= b.x && v >= b.y && u <= b.x + b.width && v <= b.y + b.height)
            bent[i] |= cv::Rect2d(x, rows.start + y, 1, 1);
        }
      }
  });
  return bent;
}

}  // namespace medvision
