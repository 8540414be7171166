// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "medvision/crop/background.hpp"
#include "medvision/crop/dark_film.hpp"
#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr std::size_t least_around = 10;  // pixels that a middle value is taken of

/// The middle value of what lies around a thing on the film, if there is enough of it.
double value_around(const cv::Mat& real, const cv::Mat& mask, const cv::Mat& film, double otherwise) {
  const std::vector<float> around = values_at(real, grown(mask, 6) & film);
  return around.size() < least_around ? otherwise : quantile(around, 0.5);
}

/// Without pieces of fewer pixels, and without those that touch `skin` and are not brighter than `dim` in the mean.
cv::Mat without_dust(const cv::Mat& on, int least, const cv::Mat& skin, const cv::Mat& real, double dim) {
  cv::Mat labels, stats, centroids, kept = cv::Mat::zeros(on.size(), CV_8U);
  const int count = cv::connectedComponentsWithStats(on, labels, stats, centroids, 8, CV_32S);
  for (int k = 1; k < count; ++k) {
    const int* s = stats.ptr<int>(k);
    if (s[cv::CC_STAT_AREA] < least) continue;
    const cv::Rect box(s[cv::CC_STAT_LEFT], s[cv::CC_STAT_TOP], s[cv::CC_STAT_WIDTH], s[cv::CC_STAT_HEIGHT]);
    const cv::Mat piece = labels(box) == k;
    if (cv::countNonZero(piece & skin(box)) > 0 && cv::mean(real(box), piece)[0] < dim) continue;
    cv::Mat part = kept(box);
    part.setTo(255, piece);
  }
  return kept;
}

/// All that is to be erased of the reduced copy.
cv::Mat things_on(const film_parts& f, const cv::Mat& real, const text_parameters& p) {
  const int side = std::max(real.cols, real.rows);
  const double range = quantile(samples(real), 0.999) - f.background;
  const cv::Mat known = grown(f.labels, 2) | f.white, near = grown(f.breast, p.margin * side), away = ~(near | known);
  cv::Mat inner = cv::Mat::zeros(real.size(), CV_8U), on = inner.clone(), joined;
  inner(f.inner).setTo(255);
  // A pad beside the film has a dark of its own.
  for (const cv::Mat& dark : {cv::Mat(inner & away), cv::Mat(~inner & away)})
    on |= find_contrasts(real, dark, range, p.dark) & dark;
  const int gap = std::max(1, side / 64);
  on = grown(without_dust(on, p.least_area, grown(near, 2), real, f.background + p.dim * range), 2);
  cv::morphologyEx(on, joined, cv::MORPH_CLOSE, cv::getStructuringElement(cv::MORPH_RECT, {gap, gap}));
  return ((on | joined) & ~near) | (known & ~f.breast);
}

}  // namespace

std::vector<film_text> find_texts(const cv::Mat& image, const cv::Mat& body, const text_parameters& p) {
  const film_parts f = find_film(image, body);
  cv::Mat real, labels, stats, centroids;
  f.grey.convertTo(real, CV_32F);
  const cv::Mat on = things_on(f, real, p), whole = body.empty() ? enlarged(f.breast, image.size()) : body;
  const cv::Mat film = ~on & ~grown(f.breast, 3);
  const int count = cv::connectedComponentsWithStats(on, labels, stats, centroids, 8, CV_32S);
  std::vector<film_text> found;
  for (int k = 1; k < count; ++k) {
    const int* s = stats.ptr<int>(k);
    const cv::Rect box(s[cv::CC_STAT_LEFT], s[cv::CC_STAT_TOP], s[cv::CC_STAT_WIDTH], s[cv::CC_STAT_HEIGHT]);
    const cv::Rect around = cv::Rect(box.x - 8, box.y - 8, box.width + 16, box.height + 16) & cv::Rect({}, on.size());
    film_text t;
    t.box = enlarged(box, on.size(), image.size());
    t.mask = enlarged(labels(box) == k, t.box.size());
    t.mask = t.mask & (whole(t.box) == 0);
    t.fill = p.fill ? *p.fill : std::round(value_around(real(around), labels(around) == k, film(around), f.background));
    found.push_back(std::move(t));
  }
  return found;
}

cv::Mat erase_texts(const cv::Mat& image, const std::vector<film_text>& texts) {
  cv::Mat out = image.clone();
  const double most = image.depth() == CV_8U ? 255 : 65535;
  for (const film_text& t : texts) {
    if (t.fill > most) throw error("E_DEPTH", fmt::format("{} cannot be filled in: values go up to {}", t.fill, most));
    cv::Mat part = out(t.box);
    part.setTo(cv::Scalar::all(t.fill), t.mask);
  }
  return out;
}

std::optional<double> fill_named(std::string_view text) {
  if (text == "background") return std::nullopt;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || rest != end || !(value >= 0 && value <= 65535))
    throw error("E_OPTION", fmt::format("--fill takes background, or a value from 0 to 65535; met '{}'", text),
                blame::request);
  return value;
}

}  // namespace medvision
