// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/film.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "medvision/crop/background.hpp"
#include "medvision/crop/breast.hpp"
#include "medvision/crop/dark_film.hpp"
#include "medvision/crop/dark_level.hpp"
#include "medvision/crop/film_border.hpp"
#include "medvision/crop/label.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/boxes.hpp"

namespace medvision {
namespace {

cv::Mat reduced(const cv::Mat& grey, int side) {
  const double factor = std::ceil(std::max(grey.cols, grey.rows) / double(side));
  if (factor <= 1) return grey;
  cv::Mat out;
  cv::resize(grey, out, {std::max(1, int(grey.cols / factor)), std::max(1, int(grey.rows / factor))}, 0, 0,
             cv::INTER_AREA);
  return out;
}

/// What the piece surrounds belongs to it.
cv::Mat without_holes(const cv::Mat& piece) {
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(piece, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  cv::Mat solid = cv::Mat::zeros(piece.size(), CV_8U);
  cv::fillPoly(solid, outlines, cv::Scalar(255));
  return solid;
}

/// Of the film; where that shows nothing dark, its background was as black as the strips, and was cut with them.
dark_level dark_of(const cv::Mat& film, const cv::Mat& whole) {
  try {
    return find_dark_level(film);
  } catch (const error&) {
    if (film.size() == whole.size()) throw;
  }
  return find_dark_level(whole);
}

/// And what stands out of the dark film beside it and touches it: skin and nipple, much thinner than the breast.
cv::Mat with_skin(const film_parts& f, const cv::Mat& breast, const film_parameters& p) {
  const int side = std::max(breast.cols, breast.rows);
  cv::Mat real, pieces, inner = cv::Mat::zeros(breast.size(), CV_8U);
  f.grey.convertTo(real, CV_32F);
  inner(f.inner).setTo(255);
  const cv::Mat other = grown(f.labels, 2) | f.white, near = grown(breast, p.skin * side);
  const cv::Mat bright = find_contrasts(real, inner & ~near & ~other, f.range, p.faint) & ~other & near & inner;
  cv::Mat smooth;
  cv::morphologyEx(bright, smooth, cv::MORPH_OPEN, cv::getStructuringElement(cv::MORPH_ELLIPSE, {5, 5}));
  cv::connectedComponents(smooth | breast, pieces, 4, CV_32S);
  double most = 0, least = 0;
  cv::minMaxIdx(pieces, &least, &most, nullptr, nullptr, breast);  // one number: the breast is one piece
  return without_holes(pieces == most);
}

/// The smallest box around both; of an empty one the other.
cv::Rect joined(const cv::Rect& a, const cv::Rect& b) { return a.empty() ? b : b.empty() ? a : a | b; }

}  // namespace

cv::Rect enlarged(const cv::Rect& box, cv::Size reduced, cv::Size size) {
  const double x = double(size.width) / reduced.width, y = double(size.height) / reduced.height;
  const int left = int(std::floor(box.x * x)), top = int(std::floor(box.y * y));
  const int right = int(std::ceil(box.br().x * x)), bottom = int(std::ceil(box.br().y * y));
  return clip({left, top, right - left, bottom - top}, size);
}

cv::Mat enlarged(const cv::Mat& mask, cv::Size size) {
  if (mask.size() == size) return mask;
  cv::Mat out;
  cv::resize(mask, out, size, 0, 0, cv::INTER_LINEAR);
  return out > 127;
}

film_parts find_film(const cv::Mat& image, const cv::Mat& known, const film_parameters& p) {
  if (!known.empty() && known.size() != image.size())
    throw error("E_SHAPE", fmt::format("the breast's mask has {}x{} pixels, the picture {}x{}", known.cols, known.rows,
                                       image.cols, image.rows));
  film_parts f;
  f.grey = reduced(grey_of(image), p.reduced_side);
  if (f.grey.cols < 16 || f.grey.rows < 16)
    throw error("E_SHAPE", fmt::format("a film has 16 pixels a side at least, met {}x{}", image.cols, image.rows));
  const film_borders borders = find_film_borders(f.grey);
  f.white = borders.white;
  f.inner = borders.inner;
  f.borders = borders.count;
  const cv::Mat film = f.grey(f.inner);
  const dark_level dark = dark_of(film, f.grey);
  cv::Mat real;
  film.convertTo(real, CV_32F);
  const double high = quantile(samples(real), 0.99);
  f.background = dark.level;
  f.range = high - dark.level;
  f.light = std::max(dark.top, dark.level + p.least_light * f.range);
  f.labels = find_labels(f.grey, f.white);
  if (!known.empty()) {
    f.breast = reduced(known != 0, p.reduced_side) > 0;
    return f;
  }
  cv::Mat tissue = (f.grey > f.light) & ~f.white & ~f.labels;
  cv::medianBlur(tissue, tissue, 5);
  const int side = std::max(f.grey.cols, f.grey.rows);
  f.breast = with_skin(f, without_holes(find_breast(tissue, int(p.parting * side))), p);
  return f;
}

film_cut plan_film_cut(const cv::Mat& image, const cv::Mat& known, const padding& pad) {
  const film_parts f = find_film(image, known);
  const cv::Mat breast = known.empty() ? enlarged(f.breast, image.size()) : known;
  film_cut cut;
  cut.breast = cv::boundingRect(breast);
  cut.borders = f.borders;
  cut.kept = padded_box(joined(enlarged(f.inner, f.grey.size(), image.size()), cut.breast), pad, image.size());
  if (known.empty()) cut.mask = breast(cut.kept).clone();
  return cut;
}

}  // namespace medvision
