// SPDX-License-Identifier: Apache-2.0
// Films drawn with a known breast, strips beside the film, stickers, text and tape.
#pragma once

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

struct film_drawing {
  int strip_side = -1;  ///< 0 left, 1 top, 2 right, 3 bottom; -1: no strip
  bool white = false;   ///< else black
  double tilt = 0;      ///< of the strip's inner edge, degrees
  bool labels = false;
  bool touching = false;  ///< one sticker lies against the skin
  int pedestal = 12;
};

struct film_picture {
  cv::Mat image;    ///< 512×640 8U
  cv::Mat breast;   ///< 255 in the breast
  cv::Mat strip;    ///< 255 in the strip
  cv::Mat text;     ///< 255 in stickers, digits, tape
  cv::Mat sticker;  ///< 255 in stickers alone
  int chest_side = 0;
};

inline film_picture draw_film(const film_drawing& d) {
  const cv::Size size(512, 640);
  const auto none = [&size] { return cv::Mat(cv::Mat::zeros(size, CV_8U)); };
  film_picture f{cv::Mat(size, CV_8U, cv::Scalar(d.pedestal)), none(), none(), none(), none()};
  cv::RNG random(7);
  cv::Mat noise(size, CV_16S);
  random.fill(noise, cv::RNG::NORMAL, 0, d.pedestal / 10.0);
  cv::add(f.image, noise, f.image, cv::noArray(), CV_8U);
  // A breast whose chest wall is the left edge of the film, with a muscle, a mass and a clip.
  cv::ellipse(f.breast, {30, 330}, {250, 230}, 0, 0, 360, cv::Scalar(255), cv::FILLED);
  cv::Mat body = none();
  cv::ellipse(body, {30, 330}, {250, 230}, 0, 0, 360, cv::Scalar(110 + d.pedestal), cv::FILLED);
  cv::fillConvexPoly(body, std::vector<cv::Point>{{0, 110}, {60, 110}, {0, 260}}, cv::Scalar(190));
  cv::circle(body, {120, 340}, 24, cv::Scalar(215), cv::FILLED);
  cv::GaussianBlur(body, body, {}, 4);
  body.copyTo(f.image, f.breast);
  cv::circle(f.image, {150, 420}, 2, cv::Scalar(245), cv::FILLED);
  if (d.labels) {
    const cv::Rect sticker = d.touching ? cv::Rect(250, 150, 60, 80) : cv::Rect(400, 60, 60, 80);
    cv::Mat label = none();
    cv::rectangle(label, sticker, cv::Scalar(255), cv::FILLED);
    label = label & ~f.breast;
    f.image.setTo(245, label);
    f.sticker = label;
    f.text = label.clone();
    for (cv::Mat* m : {&f.image, &f.text})
      cv::putText(*m, "17", {400, 600}, cv::FONT_HERSHEY_SIMPLEX, 1, cv::Scalar(m == &f.text ? 255 : 150), 2);
    if (!d.touching) cv::putText(f.image, "R", {415, 115}, cv::FONT_HERSHEY_SIMPLEX, 1.2, cv::Scalar(60), 3);
  }
  if (d.strip_side >= 0) {
    const bool across = d.strip_side % 2 == 0, far = d.strip_side >= 2;
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        const double along = across ? y - size.height / 2.0 : x - size.width / 2.0;
        const int from = across ? (far ? size.width - 1 - x : x) : (far ? size.height - 1 - y : y);
        if (from < 34 + along * std::tan(d.tilt * CV_PI / 180)) f.strip.at<uchar>(y, x) = 255;
      }
    f.image.setTo(d.white ? 254 : 0, f.strip);
    f.breast = f.breast & ~f.strip;
    f.text = f.text & ~f.strip;
  }
  return f;
}
