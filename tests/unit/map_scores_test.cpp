// SPDX-License-Identifier: Apache-2.0
#include "medvision/score/map_scores.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/score/mask_classes.hpp"
#include "medvision/score/source_grid.hpp"

using namespace medvision;

namespace {
std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const error& e) {
    return e.code();
  }
  return "nothing was thrown";
}

using results = std::map<std::string, std::optional<double>>;

results score(const map_case& c, map_score_parameters p) {
  results all;
  p.prepare();
  score_map(c, p, [&all](const std::string& prefix, const mask_scores& s) {
    for (const measure& m : s.found) all[prefix + "." + m.name] = m.value;
  });
  return all;
}

/// Three channels EX, HE, MA of 2×4 cells, and their masks.
map_case lesions() {
  map_case c;
  c.name = "lesion";
  const int shape[] = {3, 2, 4};
  c.cells = cv::Mat(3, shape, CV_32F, cv::Scalar(0.1));
  c.cells.at<float>(0, 0, 0) = 0.9F;  // EX
  c.cells.at<float>(1, 0, 1) = 0.8F;  // HE
  c.cells.at<float>(1, 1, 3) = 0.7F;
  c.classes = {"EX", "HE", "MA"};
  c.masks = {"EX", "HE", "MA"};
  c.read_mask = [](const std::string& name) {
    cv::Mat m = cv::Mat::zeros(2, 4, CV_8U);
    if (name == "EX") m.at<uchar>(0, 0) = 255;
    if (name == "HE") m.at<uchar>(0, 1) = 1;
    if (name == "MA") m.at<uchar>(1, 0) = 255;
    return m;
  };
  return c;
}
}  // namespace

TEST_CASE("plain masks are taken as they are; any other value is named with its pixels") {
  cv::Mat m = (cv::Mat_<uchar>(1, 4) << 0, 1, 1, 0);
  CHECK(cv::countNonZero(read_truth(m, {}, "x").positive) == 2);
  m *= 255;
  CHECK(cv::countNonZero(read_truth(m, {}, "x").positive) == 2);
  CHECK(cv::countNonZero(read_truth(m * 0, {}, "x").positive) == 0);
  CHECK_THROWS_WITH_AS(
      read_truth((cv::Mat_<uchar>(1, 4) << 0, 1, 255, 1), {}, "x"),
      "the truth mask holds 1 (2 pixels), 255 (1 pixels), not 0 and 1 or 0 and 255 alone; say --mask-map VALUE=1, =0, "
      "=ignore or =CLASS",
      error);
  CHECK_THROWS_WITH_AS(read_truth((cv::Mat_<ushort>(1, 4) << 0, 300, 7, 7), read_value_map({"7=1"}), "x"),
                       "the truth mask holds 300 (1 pixels), which --mask-map does not name; say --mask-map VALUE=1, "
                       "=0, =ignore or =CLASS",
                       error);
}

TEST_CASE("a value map says what is positive, negative, ignored, or of another class") {
  const cv::Mat m = (cv::Mat_<uchar>(1, 6) << 0, 1, 2, 3, 4, 2);
  const value_map v = read_value_map({"1=EX", "2=HE", "3=ignore", "4=0"});
  const truth_mask ex = read_truth(m, v, "EX"), he = read_truth(m, v, "HE");
  CHECK(cv::norm(ex.positive, cv::Mat((cv::Mat_<uchar>(1, 6) << 0, 255, 0, 0, 0, 0)), cv::NORM_INF) == 0);
  CHECK(cv::norm(he.positive, cv::Mat((cv::Mat_<uchar>(1, 6) << 0, 0, 255, 0, 0, 255)), cv::NORM_INF) == 0);
  CHECK(cv::norm(ex.ignored, cv::Mat((cv::Mat_<uchar>(1, 6) << 0, 0, 0, 255, 0, 0)), cv::NORM_INF) == 0);
  CHECK(cv::countNonZero(read_truth(m * 0, read_value_map({"0=1"}), "EX").positive) == 6);
  for (const char* wrong : {"1", "=1", "1=", "a=1", "-1=1", "70000=1", "1 =1"})
    CHECK_MESSAGE(code_of([&] { read_value_map({wrong}); }) == "E_OPTION", wrong);
  CHECK(code_of([] { read_value_map({"1=0", "1=1"}); }) == "E_OPTION");
}

TEST_CASE("a mask in three equal channels is one mask; colours and floats are refused") {
  cv::Mat rgb(2, 2, CV_8UC3, cv::Scalar(255, 255, 255));
  CHECK(cv::countNonZero(read_truth(rgb, {}, "x").positive) == 4);
  rgb.at<cv::Vec3b>(0, 0) = {0, 0, 255};
  CHECK(code_of([&] { read_truth(rgb, {}, "x"); }) == "E_LABEL");
  CHECK(code_of([] { read_truth(cv::Mat::zeros(2, 2, CV_32F), {}, "x"); }) == "E_SHAPE");
}

TEST_CASE("each class finds the mask of its name, the one asked for, or the only one") {
  const auto masks_of = [](const class_request& r) {
    std::vector<std::string> found;
    for (const mask_class& k : find_classes(r)) found.push_back(k.prefix + ":" + k.masks.front());
    return found;
  };
  using list = std::vector<std::string>;
  CHECK(masks_of({"m", 1, {"vessel"}, {"vessel", "disc"}}) == list{"m:vessel"});
  CHECK(masks_of({"m", 1, {"vessel"}, {"m", "disc"}}) == list{"m:m"});
  CHECK(masks_of({"m", 1, {"vessel"}, {"first"}}) == list{"m:first"});
  CHECK(masks_of({"m", 1, {}, {"first", "second"}, {}, {"second"}}) == list{"m:second"});
  CHECK(masks_of({"m", 2, {"a", "b"}, {"a", "b"}}) == list{"m.a:a", "m.b:b"});
  CHECK(masks_of({"m", 2, {"a", "b"}, {"a", "x"}, {}, {"b=x"}}) == list{"m.a:a", "m.b:x"});
  CHECK(masks_of({"m", 2, {"a", "b"}, {"x"}, {"b"}, {"x"}}) == list{"m.b:x"});
  CHECK(masks_of({"m", 2, {"a", "b"}, {"x", "y"}, {}, {"x", "b=y"}}) == list{"m.a:x", "m.b:y"});
  CHECK(masks_of({"m", 2, {}, {"0", "1"}}) == list{"m.0:0", "m.1:1"});
  CHECK_THROWS_WITH_AS(masks_of({"m", 1, {"vessel"}, {"first", "second"}}),
                       "the record has no truth mask 'vessel'; it has first, second", error);
  CHECK(code_of([&] { masks_of({"m", 1, {"vessel"}, {"first"}, {}, {"other"}}); }) == "E_TRUTH");
  CHECK(code_of([&] { masks_of({"m", 1, {"vessel"}, {}}); }) == "E_TRUTH");
  CHECK(code_of([&] { masks_of({"m", 2, {"a", "b"}, {"a"}, {"c"}}); }) == "E_CLASS");
  for (const char* wrong : {"any", "=a+b", "any=", "any=a+c", "any=a++b"})
    CHECK_MESSAGE(code_of([&] {
                    masks_of({"m", 2, {"a", "b"}, {"a", "b"}, {}, {}, {wrong}});
                  }) == (std::string(wrong).find('+') < 6 && wrong[0] == 'a' ? "E_CLASS" : "E_OPTION"),
                  wrong);
}

TEST_CASE("a region is the largest value of its classes against the union of their masks") {
  map_score_parameters p;
  p.regions = {"red=HE+MA,any=EX+HE+MA"};
  const results r = score(lesions(), p);
  CHECK(r.at("lesion.EX.image.tp") == 1);
  CHECK(r.at("lesion.EX.image.dice") == 1);
  CHECK(r.at("lesion.HE.image.fp") == 1);
  CHECK(r.at("lesion.MA.image.fn") == 1);
  CHECK(r.at("lesion.any.image.tp") == 2);
  CHECK(r.at("lesion.any.image.fp") == 1);
  CHECK(r.at("lesion.any.image.fn") == 1);
  CHECK(r.at("lesion.any.image.tn") == 4);
  CHECK(r.at("lesion.red.image.tp") == 1);
  CHECK(!r.contains("lesion.EX.fov.tp"));
}

TEST_CASE("what one member of a region ignores and another calls positive is positive") {
  const truth_mask a{(cv::Mat_<uchar>(1, 3) << 0, 0, 255), (cv::Mat_<uchar>(1, 3) << 255, 255, 0)},
      b{(cv::Mat_<uchar>(1, 3) << 255, 0, 0), {}};
  const truth_mask all = join_truths({a, b});
  CHECK(cv::norm(all.positive, cv::Mat((cv::Mat_<uchar>(1, 3) << 255, 0, 255)), cv::NORM_INF) == 0);
  CHECK(cv::norm(all.ignored, cv::Mat((cv::Mat_<uchar>(1, 3) << 0, 255, 0)), cv::NORM_INF) == 0);
  CHECK(code_of([&] { join_truths({a, {cv::Mat::zeros(1, 4, CV_8U), {}}}); }) == "E_SHAPE");
}

TEST_CASE("the scope is the field of view where there is one, and ignored pixels are not scored") {
  map_case c = lesions();
  c.field_to_source = frame{};
  c.read_field = [] {
    cv::Mat f = cv::Mat::zeros(2, 4, CV_8U);
    f.colRange(0, 2).setTo(255);
    return f;
  };
  map_score_parameters p;
  p.classes = {"HE"};
  CHECK(score(c, p).at("lesion.HE.fov.fp") == 0);
  CHECK(score(c, p).at("lesion.HE.fov.tn") == 3);
  p.scopes = {"image,fov"};
  CHECK(score(c, p).at("lesion.HE.image.fp") == 1);
  CHECK(score(c, p).at("lesion.HE.fov.tp") == 1);
  c.field_to_source.reset();
  CHECK(code_of([&] { score(c, p); }) == "E_RECORD");

  map_case ignoring = lesions();
  ignoring.read_mask = [](const std::string&) { return cv::Mat((cv::Mat_<uchar>(2, 4) << 0, 1, 0, 0, 0, 0, 0, 9)); };
  p.scopes = {"image"};
  p.mask_map = {"1=1,9=ignore"};
  CHECK(score(ignoring, p).at("lesion.HE.image.fp") == 0);
  CHECK(score(ignoring, p).at("lesion.HE.image.tn") == 6);
}

TEST_CASE("one threshold is a measure, several stand behind the names; the map's own is the default") {
  map_case c = lesions();
  map_score_parameters p;
  p.classes = {"HE"};
  c.threshold = 0.75;
  CHECK(score(c, p).at("lesion.HE.image.threshold") == 0.75);
  CHECK(score(c, p).at("lesion.HE.image.fp") == 0);
  p.thresholds = {0.5, 0.75};
  p.groups = {"overlap,lesions"};
  const results r = score(c, p);
  CHECK(!r.contains("lesion.HE.image.threshold"));
  CHECK(r.at("lesion.HE.image.fp@0.5") == 1);
  CHECK(r.at("lesion.HE.image.fp@0.75") == 0);
  CHECK(r.at("lesion.HE.image.lesions_predicted@0.5") == 2);
  CHECK(!r.contains("lesion.HE.image.auc"));
  p.scores.sweep = true;
  CHECK(score(c, p).at("lesion.HE.image.oracle_dice") == 1);
  CHECK(score(c, p).at("lesion.HE.image.oracle_threshold") == double(0.8F));
}

TEST_CASE("millimetres are there only when the spacing is known, with their own tolerances") {
  map_case c = lesions();
  map_score_parameters p;
  p.classes = {"HE"};
  p.scores.tolerances_mm = {0.5};
  CHECK(!score(c, p).contains("lesion.HE.image.hd_mm"));
  c.spacing_mm = {0.1, 0.2};
  const results r = score(c, p);
  CHECK(r.at("lesion.HE.image.hd_px").value() == doctest::Approx(std::sqrt(5.0)));
  CHECK(r.at("lesion.HE.image.hd_mm").value() == doctest::Approx(std::hypot(0.1, 0.4)));
  CHECK(r.contains("lesion.HE.image.nsd_0.5mm"));
  CHECK(r.contains("lesion.HE.image.nsd_2px"));
}

TEST_CASE("cells go to their place by shift, flip and quarter turn, as their frames say") {
  cv::Mat cells(3, 5, CV_32F);
  cv::RNG(1).fill(cells, cv::RNG::UNIFORM, 0, 1);
  int placed = 0;
  for (const frame& turn : {frame{}, flip_frame({5, 3}, true), flip_frame({5, 3}, false), rotation_frame({5, 3}, 1),
                            rotation_frame({5, 3}, 2), rotation_frame({5, 3}, 3)})
    for (const cv::Point shift : {cv::Point(0, 0), {2, 3}, {-1, -2}, {6, 4}}) {
      const frame f = compose(crop_frame(shift.x, shift.y), turn);
      const cv::Mat turned = turn.m[0] == 0 ? cv::Mat(cells.t()) : cells;
      const cv::Mat before = turned.clone(), met = place_on_source(turned, f, {9, 7}, "it");
      CHECK(cv::norm(before, turned, cv::NORM_INF) == 0);
      cv::Mat want = cv::Mat::zeros(7, 9, CV_32F);
      for (int y = 0; y < turned.rows; ++y)
        for (int x = 0; x < turned.cols; ++x) {
          const cv::Point2d to = apply(f, {x + 0.5, y + 0.5});
          const int u = int(std::floor(to.x)), v = int(std::floor(to.y));
          if (u >= 0 && v >= 0 && u < 9 && v < 7) want.at<float>(v, u) = turned.at<float>(y, x), ++placed;
        }
      CHECK(cv::norm(met, want, cv::NORM_INF) == 0);
      CHECK(covered_by(turned.size(), f, {9, 7}).area() == cv::countNonZero(want));
    }
  CHECK(placed > 100);
}

TEST_CASE("a map that would have to be resampled, or lies outside, is refused with what to do") {
  const cv::Mat cells(3, 5, CV_32F, cv::Scalar(1));
  CHECK_THROWS_WITH_AS(place_on_source(cells, resize_frame({10, 6}, {5, 3}), {10, 6}, "the map 'm'"),
                       "the cells of the map 'm' are no pixels of the source: their frame is 2 0 0 0 2 0, no shift or "
                       "flip; run med-upsample --to source",
                       error);
  CHECK(code_of([&] { place_on_source(cells, crop_frame(0.5, 0), {10, 6}, "it"); }) == "E_FRAME");
  CHECK(code_of([&] { place_on_source(cells, crop_frame(10, 0), {10, 6}, "it"); }) == "E_SHAPE");
}

TEST_CASE("pixels beyond the map count as 0 and are told") {
  map_case c = lesions();
  c.to_source = crop_frame(2, 0);
  map_score_parameters p;
  p.classes = {"EX"};
  const results r = score(c, p);
  CHECK(r.at("lesion.EX.image.outside_map") == 4);
  CHECK(r.at("lesion.EX.image.fp") == 1);
  CHECK(r.at("lesion.EX.image.fn") == 1);
}

TEST_CASE("a truth of another size than the source, and NaN in the scope, fail the case") {
  map_case c = lesions();
  map_score_parameters p;
  c.source = {8, 2};
  CHECK(code_of([&] { score(c, p); }) == "E_SHAPE");
  c.source = {4, 2};
  CHECK(!score(c, p).empty());
  c.cells.at<float>(2, 1, 1) = std::nanf("");
  CHECK(code_of([&] { score(c, p); }) == "E_NONFINITE");
  p.classes = {"EX,HE"};
  CHECK(!score(c, p).empty());
  p.regions = {"any=EX+MA"};
  CHECK(code_of([&] { score(c, p); }) == "E_NONFINITE");
}

TEST_CASE("words that mean nothing are refused before a picture is read") {
  const auto refused = [](auto&& change) {
    map_score_parameters p;
    change(p);
    return code_of([&] { p.prepare(); });
  };
  CHECK(refused([](auto& p) { p.groups = {"overlap,hausdorff"}; }) == "E_OPTION");
  CHECK(refused([](auto& p) { p.scopes = {"all"}; }) == "E_OPTION");
  CHECK(refused([](auto& p) { p.hit = "centre"; }) == "E_OPTION");
  CHECK(refused([](auto& p) { p.mask_map = {"255"}; }) == "E_OPTION");
  CHECK(refused([](auto& p) { p.scores.tolerances_px = {-1}; }) == "E_OPTION");
  CHECK(refused([](auto& p) { p.scores.neighbours = 5; }) == "E_OPTION");
  CHECK(refused([](auto&) {}) == "nothing was thrown");
}

TEST_CASE("the table of counts has a row a value") {
  const cv::Mat t = counts_table({{0.5, 3, 4}, {0.25, 0, 1}});
  REQUIRE(t.size() == cv::Size(3, 2));
  CHECK(t.at<double>(0, 2) == 4);
  CHECK(t.at<double>(1, 0) == 0.25);
  CHECK(counts_table({}).empty());
}

TEST_CASE("a mask is a map of one class, so that an observer is scored as a network is") {
  cv::Mat mask = cv::Mat::zeros(2, 3, CV_8U);
  mask.at<uchar>(0, 1) = 1;
  mask.at<uchar>(1, 2) = 255;
  const cv::Mat map = map_of_mask(mask);
  REQUIRE(map.dims == 3);
  CHECK((map.size[0] == 1 && map.size[1] == 2 && map.size[2] == 3));
  CHECK(cv::sum(map.reshape(1, 2))[0] == 2);
  CHECK(map.at<float>(0, 0, 1) == 1);
  CHECK(code_of([] { map_of_mask(cv::Mat(2, 2, CV_32F)); }) == "E_SHAPE");
}
