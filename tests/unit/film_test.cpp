// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/film.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "error_code.hpp"
#include "film_pictures.hpp"
#include "medvision/crop/film_border.hpp"
#include "medvision/crop/label.hpp"

using namespace medvision;

namespace {

/// But for the blur of the strip's edge and of the reduced copy: 3 pixels.
bool holds(const cv::Rect& outer, const cv::Rect& inner) {
  const cv::Rect wider(outer.x - 3, outer.y - 3, outer.width + 6, outer.height + 6);
  return (wider & inner) == inner;
}
cv::Rect box_of(const cv::Mat& mask) { return cv::boundingRect(mask); }

}  // namespace

TEST_CASE("on paper: a white strip of 9 columns and a black pad of 7 rows are what is cut, and a pixel of blur") {
  cv::Mat film(100, 80, CV_8U, cv::Scalar(30));
  cv::circle(film, {80, 50}, 25, cv::Scalar(120), cv::FILLED);
  film.colRange(0, 9).setTo(255);
  film.rowRange(93, 100).setTo(0);
  const film_borders b = find_film_borders(film);
  CHECK(b.count == 2);
  CHECK(b.inner == cv::Rect(10, 0, 70, 92));
  CHECK(cv::countNonZero(b.white.colRange(10, 80)) == 0);
  CHECK(cv::countNonZero(b.white.colRange(0, 9)) == 9 * 100);
}

TEST_CASE("a film without strips is kept whole, on any pedestal; one on nothing but zeros is cut to what is on it") {
  const film_picture zero = draw_film({.pedestal = 0});
  CHECK(holds(plan_film_cut(zero.image, {}, {}).kept, box_of(zero.breast)));
  for (int pedestal : {5, 12, 40}) {
    const film_picture f = draw_film({.pedestal = pedestal});
    CAPTURE(pedestal);
    CHECK(find_film_borders(f.image).inner == cv::Rect({}, f.image.size()));
    CHECK(plan_film_cut(f.image, {}, {}).kept == cv::Rect({}, f.image.size()));
  }
}

TEST_CASE("strips are cut on each side, white and black, tilted to both sides, and the whole breast is kept") {
  int cut_off = 0;
  for (int side = 0; side < 4; ++side)
    for (int white : {0, 1})
      for (double tilt : {-4.0, -1.5, 0.0, 2.0, 5.0}) {
        CAPTURE(side);
        CAPTURE(white);
        CAPTURE(tilt);
        const film_picture f = draw_film({.strip_side = side, .white = white != 0, .tilt = tilt});
        const film_cut cut = plan_film_cut(f.image, {}, {});
        CHECK(holds(cut.kept, box_of(f.breast)));
        CHECK(cut.borders == 1);
        CHECK(cut.kept.area() < int(f.image.total()));
        CHECK(cut.mask.size() == cut.kept.size());
        // Where the breast is not in the way nothing of the strip is left.
        if (side != f.chest_side) {
          CHECK(cv::countNonZero(f.strip(cut.kept)) == 0);
          ++cut_off;
        }
      }
  CHECK(cut_off == 30);
}

TEST_CASE("white paper behind a black pad is cut after the pad") {
  const film_picture f = draw_film({.strip_side = 2, .white = true, .tilt = 3});
  cv::Mat padded;
  cv::copyMakeBorder(f.image, padded, 0, 0, 60, 60, cv::BORDER_CONSTANT, cv::Scalar(0));
  const film_cut cut = plan_film_cut(padded, {}, {});
  CHECK(cut.borders == 3);
  CHECK(cut.kept.x >= 60);
  CHECK(cut.kept.x <= 62);
  CHECK(cv::countNonZero(f.strip((cut.kept - cv::Point(60, 0)) & cv::Rect({}, f.image.size()))) == 0);
}

TEST_CASE("a strip is cut behind the blur of the pad before it") {
  const film_picture f = draw_film({.strip_side = 2, .white = true, .tilt = 3});
  cv::Mat padded;
  cv::copyMakeBorder(f.image, padded, 0, 0, 0, 60, cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::GaussianBlur(padded, padded, {}, 1);
  const film_cut cut = plan_film_cut(padded, {}, {});
  CHECK(cut.borders == 2);
  CHECK(cut.kept.br().x <= 512);
  CHECK(cv::countNonZero(f.strip(cut.kept & cv::Rect({}, f.image.size()))) == 0);
}

TEST_CASE("the breast is found to a few pixels, beside labels, also one that touches it") {
  for (int touching : {0, 1}) {
    const film_picture f = draw_film({.labels = true, .touching = touching != 0});
    const film_parts parts = find_film(f.image);
    CAPTURE(touching);
    CHECK(parts.breast.size() == f.image.size());
    cv::Mat wider, narrower;
    const cv::Mat disk = cv::getStructuringElement(cv::MORPH_ELLIPSE, {13, 13});
    cv::dilate(f.breast, wider, disk);
    cv::erode(f.breast, narrower, disk);
    CHECK(cv::countNonZero(parts.breast & ~wider) == 0);
    CHECK(cv::countNonZero(narrower & ~parts.breast & ~f.text) < 0.002 * cv::countNonZero(f.breast));
    CHECK(cv::countNonZero(parts.labels) > 0.8 * cv::countNonZero(f.sticker));
    CHECK(cv::countNonZero(parts.labels & narrower) == 0);
  }
}

TEST_CASE("a bright mass, a clip and a muscle in the breast are no labels; a sticker and a turned one are") {
  film_picture f = draw_film({});
  cv::GaussianBlur(f.image, f.image, {}, 1);
  CHECK(cv::countNonZero(find_labels(f.image, cv::Mat::zeros(f.image.size(), CV_8U))) == 0);
  std::vector<cv::Point> turned{{440, 100}, {490, 110}, {478, 170}, {428, 160}};
  cv::fillConvexPoly(f.image, turned, cv::Scalar(250));
  const cv::Mat found = find_labels(f.image, cv::Mat::zeros(f.image.size(), CV_8U));
  cv::Mat drawn = cv::Mat::zeros(f.image.size(), CV_8U), wide;
  cv::fillConvexPoly(drawn, turned, cv::Scalar(255));
  cv::dilate(drawn, wide, cv::Mat(), {-1, -1}, 4);
  CHECK(cv::countNonZero(drawn & ~found) == 0);
  CHECK(cv::countNonZero(found & ~wide) == 0);
  CHECK(cv::countNonZero(find_labels(f.image, cv::Mat(f.image.size(), CV_8U, cv::Scalar(1)))) == 0);
}

TEST_CASE("depth and size change nothing but the scale") {
  const film_picture f = draw_film({.strip_side = 1, .white = true, .tilt = 2, .labels = true});
  cv::Mat deep, large;
  f.image.convertTo(deep, CV_16U, 256);
  const film_cut cut = plan_film_cut(f.image, {}, {});
  CHECK(plan_film_cut(deep, {}, {}).kept == cut.kept);
  cv::resize(deep, large, {}, 3, 3, cv::INTER_NEAREST);
  const film_cut big = plan_film_cut(large, {}, {});
  CHECK(std::abs(big.kept.y - 3 * cut.kept.y) <= 9);
  CHECK(std::abs(big.kept.br().x - 3 * cut.kept.br().x) <= 9);
  CHECK(big.mask.size() == big.kept.size());
  cv::Mat three;
  cv::merge(std::vector<cv::Mat>{f.image, f.image, f.image}, three);
  CHECK(plan_film_cut(three, {}, {}).kept == cut.kept);
}

TEST_CASE("a known breast is kept whole, whatever is seen") {
  const film_picture f = draw_film({.strip_side = 3, .white = true});
  cv::Mat known = cv::Mat::zeros(f.image.size(), CV_8U);
  known.rowRange(f.image.rows - 5, f.image.rows).colRange(0, 40).setTo(255);
  const film_cut cut = plan_film_cut(f.image, known, {});
  CHECK(cut.kept.br().y == f.image.rows);
  CHECK(cut.mask.empty());
  CHECK(cut.breast == cv::Rect(0, f.image.rows - 5, 40, 5));
  CHECK(code_of([&] { plan_film_cut(f.image, known.colRange(0, 9), {}); }) == "E_SHAPE");
}

TEST_CASE("padding goes as far as the picture") {
  const film_picture f = draw_film({.strip_side = 0, .white = false});
  const film_cut tight = plan_film_cut(f.image, {}, {}), wide = plan_film_cut(f.image, {}, {7, false});
  CHECK(tight.kept.x > 7);
  CHECK(wide.kept.x == tight.kept.x - 7);
  CHECK(wide.kept.br() == cv::Point(f.image.cols, f.image.rows));
}

TEST_CASE("a picture of nothing, of noise alone, of another kind or too small is refused") {
  CHECK(code_of([] { find_film(cv::Mat(200, 200, CV_8U, cv::Scalar(0))); }) == "E_NO_TISSUE");
  CHECK(code_of([] { find_film(cv::Mat(200, 200, CV_8U, cv::Scalar(255))); }) == "E_NO_TISSUE");
  CHECK(code_of([] { find_film(cv::Mat(200, 200, CV_32F, cv::Scalar(0))); }) == "E_DEPTH");
  CHECK(code_of([] { find_film(cv::Mat()); }) == "E_SHAPE");
  CHECK(code_of([] { find_film(cv::Mat(9, 200, CV_8U, cv::Scalar(0))); }) == "E_SHAPE");
  CHECK(code_of([] { find_film_borders(cv::Mat(99, 99, CV_8UC3)); }) == "E_SHAPE");
  CHECK(code_of([] { find_film_borders(cv::Mat(99, 99, CV_32F)); }) == "E_DEPTH");
}

TEST_CASE("boxes and masks of the copy cover the pixels that they were made of") {
  CHECK(enlarged(cv::Rect(1, 2, 3, 4), {10, 10}, {25, 40}) == cv::Rect(2, 8, 8, 16));
  CHECK(enlarged(cv::Rect(0, 0, 10, 10), {10, 10}, {25, 40}) == cv::Rect(0, 0, 25, 40));
  const cv::Mat on(4, 5, CV_8U, cv::Scalar(255));
  CHECK(cv::countNonZero(enlarged(on, {13, 9})) == 13 * 9);
}
