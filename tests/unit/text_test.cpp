// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/text.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "error_code.hpp"
#include "film_pictures.hpp"

using namespace medvision;

namespace {

cv::Mat all_of(const std::vector<film_text>& texts, cv::Size size) {
  cv::Mat on = cv::Mat::zeros(size, CV_8U);
  for (const film_text& t : texts) {
    cv::Mat part = on(t.box);
    part.setTo(255, t.mask);
  }
  return on;
}

}  // namespace

TEST_CASE("a sticker and digits off the breast are found, boxed and erased; film and breast stay as they are") {
  const film_picture f = draw_film({.labels = true});
  const std::vector<film_text> texts = find_texts(f.image, {});
  REQUIRE(texts.size() == 2);
  const cv::Rect sticker(400, 60, 60, 80), digits = cv::boundingRect(f.text.rowRange(500, 640)) + cv::Point(0, 500);
  for (std::size_t i = 0; i < 2; ++i) {
    const cv::Rect want = i == 0 ? sticker : digits;
    CHECK((texts[i].box & want).area() > 0.9 * want.area());
    CHECK(texts[i].box.area() < 1.6 * want.area());
    CHECK(texts[i].mask.size() == texts[i].box.size());
    CHECK(texts[i].fill >= 10);
    CHECK(texts[i].fill <= 14);
  }
  const cv::Mat clean = erase_texts(f.image, texts), on = all_of(texts, f.image.size());
  CHECK(cv::countNonZero((clean > 30) & f.text) == 0);
  CHECK(cv::countNonZero((clean != f.image) & ~on) == 0);
  CHECK(cv::countNonZero((clean != f.image) & f.breast) == 0);
}

TEST_CASE("nothing in the found breast changes: with strips on any side, tape at the skin, masses and clips inside") {
  int erased = 0;
  for (int side : {-1, 0, 1, 2, 3})
    for (int touching : {0, 1})
      for (int scale : {1, 3}) {
        const film_picture f =
            draw_film({.strip_side = side, .white = true, .tilt = 2.5, .labels = true, .touching = touching != 0});
        cv::Mat image;
        cv::resize(f.image, image, {}, scale, scale, cv::INTER_NEAREST);
        CAPTURE(side);
        CAPTURE(touching);
        CAPTURE(scale);
        const cv::Mat breast = enlarged(find_film(image).breast, image.size());
        const cv::Mat clean = erase_texts(image, find_texts(image, {}));
        CHECK(cv::countNonZero(breast) > 0.7 * cv::countNonZero(f.breast) * scale * scale);
        CHECK(cv::countNonZero((clean != image) & breast) == 0);
        erased += cv::countNonZero(clean != image) > 0;
      }
  CHECK(erased == 20);
}

TEST_CASE("a sticker against the skin is erased up to the skin") {
  const film_picture f = draw_film({.labels = true, .touching = true});
  const cv::Mat clean = erase_texts(f.image, find_texts(f.image, {}));
  CHECK(cv::countNonZero((clean > 200) & f.sticker) < 0.02 * cv::countNonZero(f.sticker));
}

TEST_CASE("a known body is not touched, even where it is bright and square") {
  const film_picture f = draw_film({.labels = true});
  const cv::Rect sticker(400, 60, 60, 80);
  cv::Mat body = f.breast.clone();
  body(sticker).setTo(255);
  const std::vector<film_text> texts = find_texts(f.image, body);
  CHECK(cv::countNonZero(all_of(texts, f.image.size()) & body) == 0);
  CHECK(cv::norm(erase_texts(f.image, texts)(sticker), f.image(sticker), cv::NORM_INF) == 0);
  CHECK(code_of([&] { find_texts(f.image, body.colRange(0, 9)); }) == "E_SHAPE");
}

TEST_CASE("a film without text has nothing to erase, on any pedestal; stains and a scratch have") {
  for (int pedestal : {0, 12, 40}) {
    CAPTURE(pedestal);
    CHECK(find_texts(draw_film({.pedestal = pedestal}).image, {}).empty());
  }
  film_picture f = draw_film({});
  cv::circle(f.image, {420, 520}, 9, cv::Scalar(60), cv::FILLED);
  cv::line(f.image, {480, 30}, {480, 200}, cv::Scalar(90), 2);
  const std::vector<film_text> texts = find_texts(f.image, {});
  REQUIRE(texts.size() == 2);
  CHECK(texts[0].box.contains({480, 100}));
  CHECK(texts[1].box.contains({420, 520}));
}

TEST_CASE("the fill is what is asked for, if the picture can hold it") {
  const film_picture f = draw_film({.labels = true});
  std::vector<film_text> texts = find_texts(f.image, {}, {.fill = 77});
  REQUIRE_FALSE(texts.empty());
  CHECK(cv::countNonZero((erase_texts(f.image, texts) != 77) & all_of(texts, f.image.size())) == 0);
  texts[0].fill = 256;
  CHECK(code_of([&] { erase_texts(f.image, texts); }) == "E_DEPTH");
  CHECK_FALSE(fill_named("background"));
  CHECK(fill_named("12.5") == 12.5);
  for (const char* wrong : {"", "white", "-1", "65536", "3x", "nan"})
    CHECK(code_of([&] { fill_named(wrong); }) == "E_OPTION");
}

TEST_CASE("three equal channels and 16 bits are cleaned alike") {
  const film_picture f = draw_film({.labels = true});
  cv::Mat three, deep;
  cv::merge(std::vector<cv::Mat>{f.image, f.image, f.image}, three);
  f.image.convertTo(deep, CV_16U, 256);
  const cv::Mat clean = erase_texts(f.image, find_texts(f.image, {}));
  std::vector<cv::Mat> planes;
  cv::split(erase_texts(three, find_texts(three, {})), planes);
  REQUIRE(planes.size() == 3);
  for (const cv::Mat& plane : planes) CHECK(cv::norm(plane, clean, cv::NORM_INF) == 0);
  cv::Mat back;
  erase_texts(deep, find_texts(deep, {})).convertTo(back, CV_8U, 1.0 / 256);
  CHECK(cv::norm(back, clean, cv::NORM_INF) <= 1);
}
