// SPDX-License-Identifier: Apache-2.0
#include "medvision/crop/breast_cut.hpp"

#include <doctest/doctest.h>

#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "medvision/geometry/frame.hpp"

using namespace medvision;

namespace {

/// A breast at the left edge, each pixel with a value of its own, on `background`.
cv::Mat breast_picture(int background = 0) {
  cv::Mat m(60, 50, CV_16U, cv::Scalar(background));
  for (int y = 8; y < 47; ++y)
    for (int x = 0; x < 30; ++x)
      if ((y - 27) * (y - 27) / 361.0 + x * x / 900.0 < 1) m.at<ushort>(y, x) = ushort(1000 + 50 * y + x);
  return m;
}
cv::Mat mirrored(const cv::Mat& m) {
  cv::Mat out;
  cv::flip(m, out, 1);
  return out;
}
bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}
breast_cut_parameters small() { return {.background = 0, .iterations = 3, .buffer = {4, false}}; }

/// Every pixel of the cut is the picture's at the place that the frame says, or outside.
void check_frame(const breast_cut& cut, const cv::Mat& picture) {
  const cv::Mat made = cut.of(picture, 7);
  const frame f = cut.to_picture();
  CHECK(is_pixel_exact(f));
  int outside = 0, wrong = 0;
  for (int y = 0; y < made.rows; ++y)
    for (int x = 0; x < made.cols; ++x) {
      const cv::Point2d at = apply(f, {x + 0.5, y + 0.5});
      const cv::Point pixel(int(std::floor(at.x)), int(std::floor(at.y)));
      const bool inside = cut.box.kept.contains(pixel);
      outside += !inside;
      wrong += made.at<ushort>(y, x) != (inside ? picture.at<ushort>(pixel) : 7);
    }
  CHECK(wrong == 0);
  CHECK(outside == made.total() - (cut.window & cv::Rect({}, cut.box.kept.size())).area());
}

}  // namespace

TEST_CASE("the frame of every cut leads each of its pixels home") {
  const cv::Mat right = breast_picture(), left = mirrored(right);
  for (const std::string view : {"CC", "MLO"})
    for (const cv::Size window :
         {cv::Size(0, 0), cv::Size(20, 16), cv::Size(70, 90), cv::Size(70, 20), cv::Size(9, 90)})
      for (const bool face_right : {false, true}) {
        breast_cut_parameters p = small();
        p.window = window;
        p.face_right = face_right;
        for (const bool is_left : {true, false}) {
          const breast_cut cut =
              plan_breast_cut(is_left ? right : left, {}, read_breast_tags(is_left ? "L" : "R", view), p);
          CHECK(cut.mirror == (face_right && !is_left));
          CHECK(cut.of(cut.breast, 0).size() == (window.empty() ? cut.box.kept.size() : window));
          check_frame(cut, is_left ? right : left);
        }
      }
}

TEST_CASE("mirrored so that it points right, a right breast is cut as a left one; unmirrored, as its mirror image") {
  const cv::Mat right = breast_picture(), left = mirrored(right);
  breast_cut_parameters p = small();
  const breast_cut plain = plan_breast_cut(left, {}, read_breast_tags("R", ""), p);
  p.face_right = true;
  const breast_cut turned = plan_breast_cut(left, {}, read_breast_tags("R", ""), p);
  const breast_cut usual = plan_breast_cut(right, {}, read_breast_tags("L", ""), p);
  CHECK(same(turned.of(left, 0), usual.of(right, 0)));
  CHECK(same(mirrored(plain.of(left, 0)), usual.of(right, 0)));
  p.window = {70, 20};
  const breast_cut window = plan_breast_cut(left, {}, read_breast_tags("R", "CC"), p);
  p.face_right = false;
  const breast_cut stored = plan_breast_cut(left, {}, read_breast_tags("R", "CC"), p);
  CHECK(same(mirrored(stored.of(left, 3)), window.of(left, 3)));
}

TEST_CASE(
    "where it points: by the side, the other way round where pictures are mirrored, by the pixels where not said") {
  const cv::Mat right = breast_picture();
  breast_cut_parameters p = small();
  const auto points_to = [&](const char* side) {
    return plan_breast_cut(right, {}, read_breast_tags(side, ""), p).box.to;
  };
  CHECK(points_to("L") == pointing::right);
  CHECK(points_to("R") == pointing::left);
  CHECK(points_to("") == pointing::right);
  p.stored = breast_layout::mirrored;
  CHECK(points_to("L") == pointing::left);
  CHECK(points_to("R") == pointing::right);
  CHECK(code_of([&] { points_to(""); }) == "E_TAGS");
  p.stored = breast_layout::unknown;
  CHECK(points_to("R") == pointing::right);
}

TEST_CASE("a gap at the chest wall is warned of, and tells of a wrong side") {
  const cv::Mat right = breast_picture();
  CHECK(plan_breast_cut(right, {}, read_breast_tags("L", ""), small()).warnings.empty());
  const breast_cut wrong = plan_breast_cut(right, {}, read_breast_tags("R", ""), small());
  CHECK(wrong.box.distance_from_starting_side == 50 - wrong.box.breast.br().x);
  REQUIRE(wrong.warnings.size() == 1);
  CHECK(wrong.warnings[0].find("right edge") != std::string::npos);
}

TEST_CASE("a mask that is known is followed; what looks like the background lies around the window") {
  const cv::Mat right = breast_picture(300);
  cv::Mat known = cv::Mat::zeros(right.size(), CV_8U);
  known({0, 20, 10, 12}).setTo(255);
  const breast_cut cut = plan_breast_cut(right, known, read_breast_tags("L", ""), small());
  CHECK(cut.box.breast == cv::Rect(0, 20, 10, 12));
  CHECK(cut.box.kept == cv::Rect(0, 16, 14, 20));
  CHECK(code_of([&] { plan_breast_cut(right, known.rowRange(0, 9), {}, small()); }) == "E_SHAPE");
  breast_cut_parameters p = small();
  p.background.reset();
  const breast_cut found = plan_breast_cut(right, {}, read_breast_tags("L", ""), p);
  CHECK(found.background == 300);
  CHECK(found.fill == 300);
}

TEST_CASE("a window needs a view that is known") {
  breast_cut_parameters p = small();
  p.window = {20, 20};
  for (const char* view : {"", "ML", "XCCL"})
    CHECK(code_of([&] { plan_breast_cut(breast_picture(), {}, read_breast_tags("L", view), p); }) == "E_TAGS");
}

TEST_CASE("tags are read as people write them") {
  for (const char* view : {"L-CC", "LCC", "l_cc", "L CC"}) {
    CHECK(read_breast_tags("", view).side == 'L');
    CHECK(read_breast_tags("left", view).view == breast_view::cc);
    CHECK(code_of([&] { read_breast_tags("R", view); }) == "E_TAGS");
  }
  CHECK(read_breast_tags("Right", "mlo").view == breast_view::mlo);
  CHECK(!read_breast_tags("R", "LM").view);
  CHECK(!read_breast_tags("", "MLO").side);
  CHECK(code_of([] { read_breast_tags("both", ""); }) == "E_TAGS");
}

TEST_CASE("a padding that is a share is one of the breast's larger side") {
  breast_cut_parameters p = small();
  p.buffer = {0.25, true};
  const breast_cut cut = plan_breast_cut(breast_picture(), {}, read_breast_tags("L", ""), p);
  const int by = cvRound(0.25 * cut.box.breast.height);
  CHECK(cut.box.kept.width == std::min(50, cut.box.breast.width + by));
  CHECK(cut.box.kept.y == std::max(0, cut.box.breast.y - by));
}

TEST_CASE("words of options") {
  const auto said = [](const breast_words& w) { return with_words({.words = w, .window = {20, 30}}, 600); };
  CHECK(!said({}).background);
  CHECK(!said({}).face_right);
  CHECK(said({.background = "12.5"}).background == 12.5);
  CHECK(said({.stored = "mirrored"}).stored == breast_layout::mirrored);
  CHECK(said({.flip_to = "left"}).face_right);
  for (const char* wrong : {"", "-1", "65536", "nan", "3x", "none"})
    CHECK_MESSAGE(code_of([&] { said({.background = wrong}); }, blame::request) == "E_OPTION", wrong);
  CHECK(code_of([&] { said({.stored = "left"}); }, blame::request) == "E_OPTION");
  CHECK(code_of([&] { said({.flip_to = "right"}); }, blame::request) == "E_OPTION");
  CHECK(code_of([] { with_words({.window = {20, 30}}, 599); }, blame::request) == "E_OPTION");
}
