// SPDX-License-Identifier: Apache-2.0
// Patches stitched together give one map: exactly the picture when nothing was done to them.
#include "medvision/patch/stitch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <opencv2/core.hpp>
#include <random>
#include <string>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "medvision/io/tensor_file.hpp"
#include "medvision/patch/grid.hpp"

using namespace medvision;

namespace {

constexpr blend all_blends[] = {blend::mean, blend::gauss, blend::crop, blend::max};

/// H×W with channels to C×H×W floats, as a network would return them.
cv::Mat planes(const cv::Mat& image) {
  std::vector<cv::Mat> channels;
  cv::split(image, channels);
  const int shape[] = {int(channels.size()), image.rows, image.cols};
  cv::Mat out(3, shape, CV_32F);
  for (std::size_t c = 0; c < channels.size(); ++c)
    channels[c].convertTo(cv::Mat(image.rows, image.cols, CV_32F, out.ptr<float>(int(c))), CV_32F);
  return out;
}

cv::Mat filled(int rows, int columns, float value) { return {rows, columns, CV_32F, cv::Scalar(value)}; }

bool same_bytes(const cv::Mat& a, const cv::Mat& b) {
  return a.total() == b.total() && a.type() == b.type() &&
         std::equal(a.ptr(), a.ptr() + a.total() * a.elemSize(), b.ptr());
}

}  // namespace

TEST_CASE("split then stitch is the identity for every size, stride, rule, border and blend") {
  std::mt19937 random(3);
  const auto upto = [&](int n) { return 1 + int(random() % unsigned(n)); };
  const border borders[] = {border::zero, border::edge, border::reflect};
  const grid_rule rules[] = {grid_rule::pad, grid_rule::flush, grid_rule::even};
  const int types[] = {CV_8UC1, CV_8UC3, CV_16UC1, CV_32FC2};
  for (int round = 0; round < 500; ++round) {
    cv::Mat image(upto(40), upto(40), types[round % 4]);
    cv::randu(image, cv::Scalar::all(0), cv::Scalar::all(round % 4 == 3 ? 1.0 : 255.0));
    const cv::Size size(upto(20), upto(20)), stride(upto(size.width), upto(size.height));
    const patch_grid grid = make_grid(image.size(), {.size = size, .stride = stride, .rule = rules[random() % 3]});
    const border outside = borders[random() % 3];
    const cv::Mat expected = planes(image);
    for (blend how : all_blends) {
      CAPTURE(image.size());
      CAPTURE(size);
      CAPTURE(stride);
      stitcher whole(image.size(), image.channels(), how);
      for (std::int64_t i = 0; i < grid.count(); ++i) {
        whole.close_rows_above(grid.box(i).y);
        whole.add(grid.box(i), planes(cut_patch(image, grid.box(i), outside)));
      }
      REQUIRE(same_bytes(whole.finish(), expected));
    }
  }
}

TEST_CASE("two patches that disagree are blended as each rule says") {
  const auto blended = [](blend how) {
    stitcher s({5, 1}, 1, how);
    s.add({0, 0, 3, 1}, filled(1, 3, 2));
    s.add({2, 0, 3, 1}, filled(1, 3, 5));
    const cv::Mat m = s.finish();
    return std::vector<float>(m.ptr<float>(), m.ptr<float>() + 5);
  };
  CHECK(blended(blend::mean) == std::vector<float>{2, 2, 3.5, 5, 5});
  CHECK(blended(blend::gauss) == std::vector<float>{2, 2, 3.5, 5, 5});
  CHECK(blended(blend::crop) == std::vector<float>{2, 2, 2, 5, 5});
  CHECK(blended(blend::max) == std::vector<float>{2, 2, 5, 5, 5});
}

TEST_CASE("the largest of negative values is negative") {
  stitcher s({1, 1}, 1, blend::max);
  s.add({0, 0, 1, 1}, filled(1, 1, -3));
  s.add({0, 0, 1, 1}, filled(1, 1, -2));
  CHECK(s.finish().ptr<float>()[0] == -2);
}

TEST_CASE("crop keeps the centres and a patch near its edge yields to the one it is central in") {
  stitcher s({6, 6}, 1, blend::crop);
  s.add({0, 0, 4, 4}, filled(4, 4, 1));
  s.add({2, 0, 4, 4}, filled(4, 4, 2));
  s.add({0, 2, 4, 4}, filled(4, 4, 3));
  s.add({2, 2, 4, 4}, filled(4, 4, 4));
  const cv::Mat m = s.finish();
  const cv::Mat flat(6, 6, CV_32F, const_cast<float*>(m.ptr<float>()));
  CHECK(cv::norm(flat({0, 0, 3, 3}), filled(3, 3, 1), cv::NORM_INF) == 0);
  CHECK(cv::norm(flat({3, 0, 3, 3}), filled(3, 3, 2), cv::NORM_INF) == 0);
  CHECK(cv::norm(flat({0, 3, 3, 3}), filled(3, 3, 3), cv::NORM_INF) == 0);
  CHECK(cv::norm(flat({3, 3, 3, 3}), filled(3, 3, 4), cv::NORM_INF) == 0);
}

TEST_CASE("mean and gauss are what a plain sum over all patches gives") {
  std::mt19937 random(19);
  for (blend how : {blend::mean, blend::gauss}) {
    cv::Mat sum = cv::Mat::zeros(23, 31, CV_64F), weight = cv::Mat::zeros(23, 31, CV_64F);
    stitcher s({31, 23}, 1, how);
    const patch_grid grid = make_grid({31, 23}, {.size = {9, 7}, .stride = {4, 3}});
    for (std::int64_t i = 0; i < grid.count(); ++i) {
      cv::Mat patch(7, 9, CV_32F);
      for (auto& v : cv::Mat_<float>(patch)) v = float(random() % 1000) / 999;
      s.add(grid.box(i), patch);
      for (int y = 0; y < 7; ++y)
        for (int x = 0; x < 9; ++x) {
          const int row = grid.box(i).y + y, column = grid.box(i).x + x;
          if (row >= 23 || column >= 31) continue;
          const double a = (x - 4) / (9 / 8.0), b = (y - 3) / (7 / 8.0);
          const double w = how == blend::mean ? 1 : std::exp(-0.5 * (a * a + b * b));
          sum.at<double>(row, column) += w * patch.at<float>(y, x);
          weight.at<double>(row, column) += w;
        }
    }
    const cv::Mat met = s.finish();
    for (int y = 0; y < 23; ++y)
      for (int x = 0; x < 31; ++x)
        REQUIRE(std::abs(met.ptr<float>(0, y)[x] - sum.at<double>(y, x) / weight.at<double>(y, x)) < 1e-6);
  }
}

TEST_CASE("the order of adding changes at most the last bit, and closing rows nothing at all") {
  std::mt19937 random(23);
  const patch_grid grid = make_grid({64, 48}, {.size = {16, 16}, .stride = {5, 7}});
  std::vector<cv::Mat> patches;
  std::vector<std::int64_t> order;
  for (std::int64_t i = 0; i < grid.count(); ++i) {
    cv::Mat patch(16, 16, CV_32F);
    cv::randu(patch, 0, 1);
    patches.push_back(patch);
    order.push_back(i);
  }
  const auto stitched = [&](blend how, bool closing) {
    stitcher s({64, 48}, 1, how);
    for (std::int64_t i : order) {
      if (closing) s.close_rows_above(grid.box(i).y);
      s.add(grid.box(i), patches[std::size_t(i)]);
    }
    return s.finish();
  };
  for (blend how : all_blends) {
    std::sort(order.begin(), order.end());
    const cv::Mat by_index = stitched(how, false);
    CHECK(same_bytes(by_index, stitched(how, true)));
    CHECK(same_bytes(by_index, stitched(how, false)));
    if (how == blend::crop) continue;  // a tie goes to the first
    std::shuffle(order.begin(), order.end(), random);
    CHECK(cv::norm(by_index, stitched(how, false), cv::NORM_INF) <= 6e-8);
  }
}

TEST_CASE("a map with a hole, a broken patch or a wrong order is refused") {
  for (blend how : all_blends) {
    stitcher holed({4, 2}, 1, how);
    holed.add({0, 0, 4, 1}, filled(1, 4, 0));
    holed.add({0, 1, 3, 1}, filled(1, 3, 0));
    CHECK(code_of([&] { holed.finish(); }) == "E_INCOMPLETE");
  }
  stitcher s({4, 4}, 2);
  const int shape[] = {2, 4, 4};
  cv::Mat patch(3, shape, CV_32F, cv::Scalar(1));
  CHECK(code_of([&] { s.add({0, 0, 4, 4}, filled(4, 4, 1)); }) == "E_SHAPE");
  CHECK(code_of([&] { s.add({0, 0, 4, 3}, patch); }) == "E_SHAPE");
  CHECK(code_of([&] { s.add({0, 0, 4, 4}, cv::Mat(3, shape, CV_64F)); }) == "E_SHAPE");
  CHECK(code_of([&] { s.add({0, 0, 4, 4}, {}); }) == "E_SHAPE");
  patch.ptr<float>()[17] = std::nanf("");
  CHECK(code_of([&] { s.add({0, 0, 4, 4}, patch); }) == "E_NONFINITE");
  patch.ptr<float>()[17] = INFINITY;
  CHECK(code_of([&] { s.add({0, 0, 4, 4}, patch); }) == "E_NONFINITE");
  patch.ptr<float>()[17] = 1;
  s.add({0, 0, 4, 4}, patch);
  s.close_rows_above(2);
  CHECK(code_of([&] { s.add({0, 1, 4, 4}, patch); }) == "E_ORDER");
  s.add({0, 9, 4, 4}, patch);  // wholly outside: nothing to add
  CHECK(cv::norm(s.finish(), cv::Mat(3, shape, CV_32F, cv::Scalar(1)), cv::NORM_INF) == 0);
  CHECK(code_of([] { stitcher({0, 4}, 1); }) == "E_SHAPE");
  CHECK(code_of([] { stitcher({4, 4}, 0); }) == "E_SHAPE");
  CHECK(code_of([] { blend_named("median"); }) == "E_OPTION");
  CHECK(blend_named("crop") == blend::crop);
}

TEST_CASE("patch maps are laid among their parent's cells, through any frame of the parent") {
  const frame parent = compose(resize_frame({2336, 1200}, {608, 312}), crop_frame(17, 3));
  const auto at = [&](int x, int y) { return compose(parent, crop_frame(x, y)); };
  const cell_layout full = lay_cells(
      {{at(0, -16), {32, 32}, {0, -16, 32, 32}}, {at(48, 16), {32, 32}, {48, 16, 32, 32}}}, {591, 309}, parent);
  CHECK(full.boxes == std::vector<cv::Rect>{{0, -16, 32, 32}, {48, 16, 32, 32}});
  CHECK(full.cell == cv::Size(1, 1));
  CHECK(full.size == cv::Size(591, 309));
  CHECK(full.to_source == parent);
  CHECK(full.in_rows);
  const frame coarse_cell = resize_frame({32, 32}, {4, 8});
  const cell_layout coarse = lay_cells({{compose(at(48, 16), coarse_cell), {4, 8}, {48, 16, 32, 32}},
                                        {compose(at(48, 0), coarse_cell), {4, 8}, {48, 0, 32, 32}}},
                                       {591, 309}, parent);
  CHECK(coarse.boxes[0] == cv::Rect(6, 4, 4, 8));
  CHECK(coarse.cell == cv::Size(8, 4));
  CHECK(coarse.size == cv::Size(74, 78));  // 591 / 8 and 309 / 4, rounded up
  CHECK_FALSE(coarse.in_rows);
  const cv::Point2d corner = apply(coarse.to_source, {6, 4}), expected = apply(parent, {48, 16});
  CHECK(corner.x == doctest::Approx(expected.x));
  CHECK(corner.y == doctest::Approx(expected.y));
}

TEST_CASE("the map of valid convolutions, smaller than its patch, is laid where its cells are") {
  const cell_layout inner = lay_cells({{crop_frame(20 + 4, 4), {24, 24}, {20, 0, 32, 32}}}, {100, 100}, {});
  CHECK(inner.boxes[0] == cv::Rect(24, 4, 24, 24));
}

TEST_CASE("a patch map whose cells do not fit its parent's pixels is refused, by its index") {
  const auto laid = [](const frame& f, cv::Size cells, cv::Rect cut) {
    return code_of([&] { lay_cells({{f, cells, cut}}, {100, 100}, {}); });
  };
  const frame patch = crop_frame(4, 0);
  const cv::Rect cut(4, 0, 32, 32);
  CHECK(laid(patch, {32, 32}, cut) == "");
  CHECK(laid(compose(patch, resize_frame({32, 32}, {12, 12})), {12, 12}, cut) == "E_FRAME");
  CHECK(laid(compose(patch, resize_frame({32, 32}, {4, 4})), {4, 4}, cut) == "E_FRAME");
  CHECK(laid(compose(patch, resize_frame({32, 32}, {64, 64})), {64, 64}, cut) == "E_FRAME");
  CHECK(laid(compose(patch, flip_frame({32, 32}, true)), {32, 32}, cut) == "E_FRAME");
  CHECK(laid(compose(patch, rotation_frame({32, 32}, 1)), {32, 32}, cut) == "E_FRAME");
  CHECK(laid(crop_frame(4.5, 0), {32, 32}, cut) == "E_FRAME");
  CHECK(laid(patch, {33, 32}, cut) == "E_FRAME");
  CHECK(laid(crop_frame(5, 0), {32, 32}, cut) == "E_FRAME");
  CHECK(code_of([&] { lay_cells({}, {100, 100}, {}); }) == "E_SHAPE");
  const frame halved = resize_frame({32, 32}, {16, 16});
  CHECK(code_of([&] {
          lay_cells({{patch, {32, 32}, cut}, {compose(patch, halved), {16, 16}, cut}}, {99, 99}, {});
        }) == "E_SHAPE");
}

namespace {

/// What the reference pipeline was given and what it made of it (golden/retina/patch/cases.json).
struct reference_case {
  int number;
  cv::Size image, patch, stride, padded;
  std::int64_t count;
  double first_sum, last_sum, recomposed_sum;  // of case 2 and later
};

const reference_case references[] = {
    {0, {565, 584}, {48, 48}, {5, 5}, {568, 588}, 11445, 0, 0, 0},
    {1, {700, 605}, {48, 48}, {5, 5}, {703, 608}, 14916, 0, 0, 0},
    {2, {90, 100}, {48, 48}, {5, 5}, {93, 103}, 120, 1149.7924502056728, 992.6008613721293, 3647.8940312065743},
    {3, {93, 101}, {48, 48}, {7, 10}, {97, 108}, 56, 1161.6105047525396, 899.798263105743, 3704.8097587398947},
    {4, {48, 48}, {48, 48}, {5, 5}, {48, 48}, 1, 1164.8114895633676, 1164.8114895633676, 392.0969482855699},
    {6, {49, 53}, {48, 48}, {1, 47}, {49, 95}, 4, 1161.012187723044, 148.98013026556868, 670.8279305807705},
    {7, {131, 97}, {32, 32}, {16, 16}, {144, 112}, 48, 505.19491281419545, 166.69090706880124, 4761.885164600504}};

/// The uniform doubles of NumPy's RandomState(seed).rand, a Mersenne twister's 53 bits.
cv::Mat numpy_rand(unsigned seed, cv::Size size) {
  std::mt19937 twister(seed);
  cv::Mat values(size, CV_64F);
  for (auto& v : cv::Mat_<double>(values)) {
    const double high = twister() >> 5, low = twister() >> 6;
    v = (high * 67108864 + low) / 9007199254740992;
  }
  return values;
}

}  // namespace

TEST_CASE("reference: counts, padding and recomposition are those of the published vessel pipeline") {
  for (const reference_case& r : references) {
    CAPTURE(r.number);
    const patch_grid grid = make_grid(r.image, {.size = r.patch, .stride = r.stride});
    CHECK(grid.extent() == r.padded);
    CHECK(grid.count() == r.count);
    if (r.number < 2) continue;

    const cv::Mat image = numpy_rand(unsigned(r.number), r.image);
    CHECK(cv::sum(cut_patch(image, grid.box(0), border::zero))[0] == doctest::Approx(r.first_sum).epsilon(1e-12));
    CHECK(cv::sum(cut_patch(image, grid.box(r.count - 1), border::zero))[0] ==
          doctest::Approx(r.last_sum).epsilon(1e-12));
    stitcher s(r.image, 1);
    for (std::int64_t k = 0; k < r.count; ++k) {
      const cv::Mat x = cut_patch(image, grid.box(k), border::zero);
      cv::Mat prediction = (x.mul(x) + double(k) / double(r.count)) / 2;
      prediction.convertTo(prediction, CV_32F);
      s.add(grid.box(k), prediction);
    }
    const cv::Mat met = s.finish();
    CHECK(cv::sum(cv::Mat(r.image, CV_32F, met.data))[0] == doctest::Approx(r.recomposed_sum).epsilon(1e-8));

    const std::string folder = MEDVISION_REFERENCE "/golden/retina/patch/";
    if (!std::filesystem::exists(folder)) {
      MESSAGE("SKIPPED reference maps of case ", r.number, ": ", folder, " is absent");
      continue;
    }
    const std::string number = std::to_string(r.number) + ".npy";
    cv::Mat given, input;
    image.convertTo(input, CV_32F);
    given = read_floats(folder + "in_" + number);
    CHECK(same_bytes(given, input));
    // Both sides round to float, ours once more a patch: one unit in the last place of numbers below 1.
    const cv::Mat expected = read_floats(folder + "recomposed_" + number);
    CHECK(cv::norm(cv::Mat(r.image, CV_32F, met.data), expected.reshape(1, r.image.height), cv::NORM_INF) <= 6e-8);
  }
}

TEST_CASE("what is said of a patch as a whole is the same everywhere on it, and overlaps are means") {
  const cv::Mat even = even_map({0.25, -3}, {2, 3});
  REQUIRE(even.dims == 3);
  CHECK(std::vector<int>(even.size.p, even.size.p + 3) == std::vector<int>{2, 3, 2});
  for (int i = 0; i < 6; ++i) CHECK((even.ptr<float>(0)[i] == 0.25F && even.ptr<float>(1)[i] == -3.F));
  stitcher whole({3, 1}, 1);
  whole.add({0, 0, 2, 1}, even_map({1}, {2, 1}));
  whole.add({1, 0, 2, 1}, even_map({4}, {2, 1}));
  const cv::Mat map = whole.finish();
  CHECK((map.ptr<float>()[0] == 1 && map.ptr<float>()[1] == 2.5F && map.ptr<float>()[2] == 4));
  CHECK_THROWS_AS(even_map({}, {2, 3}), const error&);
  CHECK_THROWS_AS(even_map({1}, {0, 3}), const error&);
  CHECK_THROWS_AS(even_map({1e300}, {2, 3}), const error&);
}
