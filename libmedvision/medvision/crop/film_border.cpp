// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/film_border.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <vector>

#include "medvision/crop/background.hpp"
#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr double most_cut = 0.45;
constexpr double white_from = 0.9;   // of the picture's range: film is never as clear as no film
constexpr double black_up_to = 0.1;  // of the range: the middle of a black strip
constexpr int white_blur = 6;        // pixels between a black pad and the white behind it
constexpr int slopes = 84;           // 84 slopes over ±6 degrees: the ends of 1000 rows move by 2.5 pixels a slope

/// A strip's inner edge on lines (rows, or columns) 0 to n-1: at `middle` + `slope` (i - n/2) pixels from the side.
struct strip_edge {
  double slope = 0, middle = 0;
  double at(int i, int n) const { return middle + slope * (i - n / 2.0); }
  double farthest(int n) const { return std::max(at(0, n), at(n - 1, n)); }
};

struct strip_side {
  cv::Mat view;             ///< what is left of the picture, 32F, turned so that the side is its left edge
  float low = 0, high = 0;  ///< the picture's range
};

/// How many pixels of each row come before the first that is no longer in the strip; the width where none does, 0 where
/// no strip begins. The first `blur` pixels may be that of the strip before.
std::vector<int> depths(const cv::Mat& on, int blur) {
  std::vector<int> found(std::size_t(on.rows));
  for (int y = 0; y < on.rows; ++y) {
    const uchar* row = on.ptr(y);
    const uchar* start = std::find_if(row, row + blur, [](uchar v) { return v != 0; });
    found[std::size_t(y)] = *start == 0 ? 0 : int(std::find(start, row + on.cols, uchar(0)) - row);
  }
  return found;
}

/// The edge that most rows agree on to a pixel, if it is `share` of them.
std::optional<strip_edge> edge_of(const cv::Mat& on, int blur, double share, const film_border_parameters& p) {
  const std::vector<int> depth = depths(on, blur);
  const int n = int(depth.size()), width = on.cols, limit = int(most_cut * width), reach = int(p.most_tilt * n / 2) + 2;
  std::vector<int> votes;
  strip_edge best;
  int most = 0, agreeing = 0;
  for (int turn = 0; turn <= slopes; ++turn) {  // the least tilted first: of equal ones it stays
    const double slope = p.most_tilt * (turn % 2 == 0 ? -turn / 2 : turn / 2 + 1) / (slopes / 2.0);
    votes.assign(std::size_t(limit + 2 * reach), 0);
    for (int i = 0; i < n; ++i)
      if (depth[std::size_t(i)] > 0 && depth[std::size_t(i)] < limit)
        ++votes[std::size_t(std::lround(depth[std::size_t(i)] - slope * (i - n / 2.0)) + reach)];
    for (std::size_t at = 1; at + 1 < votes.size(); ++at)
      if (const int sum = votes[at - 1] + votes[at] + votes[at + 1]; sum + votes[at] > most) {
        most = sum + votes[at];
        agreeing = sum;
        best = {slope, double(at) - reach};
      }
  }
  if (agreeing < std::max(2.0, share * n)) return std::nullopt;
  int across = 0, beyond = 0, like_it = 0;  // noise that leaves the strip returns to it; film does not
  for (int i = 0; i < n; ++i) {
    const int d = depth[std::size_t(i)];
    across += d < best.at(i, n) - 3;
    if (d == 0 || std::abs(d - best.at(i, n)) > 1.5 || d + 4 > width) continue;
    beyond += 3;
    like_it += cv::countNonZero(on(cv::Rect(d + 1, i, 3, 1)));
  }
  return across > p.most_crossed * n || like_it > p.most_alike * beyond ? std::nullopt : std::optional(best);
}

std::optional<strip_edge> white_edge(const strip_side& s, const film_border_parameters& p) {
  const cv::Mat on = s.view >= s.low + white_from * (s.high - s.low);
  return edge_of(on, white_blur, p.white_share, p);
}

std::optional<strip_edge> black_edge(const strip_side& s, const film_border_parameters& p) {
  const std::vector<float> first = samples(s.view.col(0));
  const float level = quantile(first, 0.5), spread = quantile(first, 0.75) - quantile(first, 0.25);
  if (level > s.low + black_up_to * (s.high - s.low)) return std::nullopt;
  const float step = (s.high - s.low) / 255;
  const cv::Mat on = s.view <= level + std::max(step, 1.5f * spread);
  if (const auto edge = edge_of(on, 0, p.black_share, p)) return edge;
  // A pad that the film fades into has no edge; its columns are of one value.
  int flat = 0;
  for (const int limit = int(most_cut * s.view.cols); flat < limit; ++flat) {
    const cv::Mat near = cv::abs(s.view.col(flat) - level) <= step;
    if (cv::countNonZero(near) < 0.99 * near.rows) break;
  }
  return flat > 0 ? std::optional(strip_edge{0, double(flat)}) : std::nullopt;
}

/// Side 0 left, 1 top, 2 right, 3 bottom, as the left edge.
cv::Mat turned(const cv::Mat& part, int side) {
  cv::Mat out;
  if (side == 0) return part;
  if (side == 1) return part.t();
  if (side == 2) cv::flip(part, out, 1);
  if (side == 3) cv::flip(part.t(), out, 1);
  return out;
}

void mark_strip(cv::Mat& white, const cv::Rect& left, int side, const strip_edge& edge) {
  const bool across = side % 2 == 0;
  const int n = across ? left.height : left.width, width = across ? left.width : left.height;
  cv::Mat part = white(left);
  for (int i = 0; i < n; ++i) {
    const int deep = std::clamp(int(std::ceil(edge.at(i, n))) + 1, 0, width), from = side >= 2 ? width - deep : 0;
    const cv::Rect strip = across ? cv::Rect(from, i, deep, 1) : cv::Rect(i, from, 1, deep);
    part(strip).setTo(255);
  }
}

cv::Rect without(const cv::Rect& box, int side, int cut) {
  cv::Rect r = box;
  if (side == 0) r.x += cut;
  if (side == 1) r.y += cut;
  (side % 2 == 0 ? r.width : r.height) -= cut;
  return r;
}

}  // namespace

film_borders find_film_borders(const cv::Mat& grey, const film_border_parameters& p) {
  if (grey.empty() || grey.dims != 2 || grey.channels() != 1)
    throw error("E_SHAPE",
                fmt::format("a film has one channel, met {}x{} with {}", grey.cols, grey.rows, grey.channels()));
  if (grey.depth() != CV_8U && grey.depth() != CV_16U)
    throw error("E_DEPTH", fmt::format("a film has 8 or 16 bits, met {}", cv::typeToString(grey.type())));
  cv::Mat real;
  grey.convertTo(real, CV_32F);
  const std::vector<float> values = samples(real);
  const float low = quantile(values, 0.001), high = quantile(values, 0.999);
  film_borders found{{{}, grey.size()}, cv::Mat::zeros(grey.size(), CV_8U)};
  if (high <= low) return found;
  for (int side = 0; side < 4; ++side) {
    bool seen_black = false, more = true;
    for (int depth = 0; depth < 3 && more; ++depth) {
      const strip_side s{turned(real(found.inner), side).clone(), low, high};
      if (s.view.cols < 16 || s.view.rows < 16) return found;
      const auto white = white_edge(s, p);
      // One black strip a side, else a dark film would be peeled away.
      const auto black = white || seen_black ? std::nullopt : black_edge(s, p);
      more = white || black;
      if (!more) break;
      const strip_edge edge = white ? *white : *black;
      if (white) mark_strip(found.white, found.inner, side, edge);
      seen_black = seen_black || black;
      const int cut = std::clamp(int(std::ceil(edge.farthest(s.view.rows))) + 1, 1, s.view.cols / 2);
      found.inner = without(found.inner, side, cut);
      ++found.count;
    }
  }
  return found;
}

}  // namespace medvision
