// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/dicom_gray.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <opencv2/core.hpp>

#include "error_code.hpp"

using namespace medvision;

namespace {
gray_meaning bits(int n) { return {.bits = n}; }
gray_table through(const gray_meaning& m, const std::string& voi = "auto", int to = 0) {
  return make_gray_table(m, {.voi = voi_named(voi), .bits = to});
}
}  // namespace

TEST_CASE("without anything said, stored values are the result") {
  const gray_table t = through(bits(12));
  CHECK(t.bits == 12);
  CHECK(t.voi == "none");
  REQUIRE(t.values.size() == 4096);
  for (int v = 0; v < 4096; ++v) REQUIRE(t.values[std::size_t(v)] == v);
}

TEST_CASE("the linear window is that of the standard's note: c=2048, w=4096 is the identity of 12 bits") {
  gray_meaning m = bits(12);
  m.windows = {{2048, 4096}};
  const gray_table t = through(m);
  for (int v = 0; v < 4096; ++v) REQUIRE(t.values[std::size_t(v)] == v);
}

TEST_CASE("windows on paper") {
  // c=100, w=11: from 94.5 to 104.5, in tenths.
  const voi_window linear{100, 11};
  CHECK(window_share(94.5, linear) == 0);
  CHECK(window_share(99.5, linear) == 0.5);
  CHECK(window_share(97, linear) == 0.25);
  CHECK(window_share(104.5, linear) == 1);
  CHECK(window_share(200, linear) == 1);
  const voi_window exact{100, 10, window_function::linear_exact};
  CHECK(window_share(95, exact) == 0);
  CHECK(window_share(100, exact) == 0.5);
  CHECK(window_share(102.5, exact) == 0.75);
  CHECK(window_share(105.1, exact) == 1);
  const voi_window sigmoid{100, 10, window_function::sigmoid};
  CHECK(window_share(100, sigmoid) == 0.5);
  CHECK(window_share(105, sigmoid) == doctest::Approx(1 / (1 + std::exp(-2.0))));
  CHECK(window_share(95, sigmoid) + window_share(105, sigmoid) == doctest::Approx(1));
}

TEST_CASE("a window of width 1 is a threshold, and narrower ones are refused") {
  CHECK(window_share(99.5, {100, 1}) == 0);
  CHECK(window_share(99.6, {100, 1}) == 1);
  for (const voi_window& w :
       {voi_window{1, 0.5}, voi_window{1, 0}, voi_window{1, -4}, voi_window{1, 0, window_function::sigmoid},
        voi_window{1, std::nan("")}, voi_window{std::numeric_limits<double>::infinity(), 5}})
    CHECK(code_of([&] { (void)window_share(1, w); }) == "E_DICOM_VALUE");
}

TEST_CASE("a window sees values after slope and intercept") {
  gray_meaning m = bits(8);
  m.slope = 2, m.intercept = -100;
  m.windows = {{0.5, 101}};  // -50 to 50 in modality values, 25 to 75 in stored ones
  const gray_table t = through(m);
  CHECK(t.values[25] == 0);
  CHECK(t.values[75] == 255);
  CHECK(t.values[50] == 128);
  CHECK(t.values[0] == 0);
  CHECK(t.values[255] == 255);
}

TEST_CASE("signed stored values keep their order, the least becoming 0, whatever slope and intercept") {
  gray_meaning m = bits(4);
  m.is_signed = true;
  m.slope = 0.37, m.intercept = -1024;
  const gray_table t = through(m);
  CHECK(t.bits == 4);
  for (int code = 0; code < 16; ++code) CHECK(t.values[std::size_t(code)] == (code < 8 ? code + 8 : code - 8));
  m.slope = -1;
  CHECK(through(m).values[8] == 15);  // -8 is the greatest
}

TEST_CASE("a modality LUT goes before slope and intercept; its ends go on for ever") {
  gray_meaning m = bits(4);
  m.slope = 100;
  m.modality = gray_lookup{2, 10, {7, 1000, 30}};
  const gray_table t = through(m);
  CHECK(t.bits == 10);
  CHECK(t.values[0] == 7);
  CHECK(t.values[3] == 1000);
  CHECK(t.values[15] == 30);
}

TEST_CASE("a modality LUT of 16 bits whose entries need 10 gives 10") {
  gray_meaning m = bits(4);
  m.modality = gray_lookup{0, 16, {0, 1023}};
  m.white_is_low = true;
  CHECK(through(m).bits == 10);
  CHECK(through(m).values[0] == 1023);
  CHECK(through(m).values[1] == 0);
}

TEST_CASE("a VOI LUT goes before a window, and each can be asked for") {
  gray_meaning m = bits(2);
  m.windows = {{2, 4}, {1, 2}};
  m.voi_luts = {{0, 8, {0, 10, 20, 30}}, {0, 8, {9, 9, 9, 9}}};
  CHECK(through(m).voi == "lut 1");
  CHECK(through(m).values[2] == 20);
  CHECK(through(m).bits == 8);
  CHECK(through(m, "lut:2").values[2] == 9);
  CHECK(through(m, "window").voi == "window 1: 2,4,linear");
  CHECK(through(m, "2").voi == "window 2: 1,2,linear");
  CHECK(through(m, "window:2").values[0] == 0);
  CHECK(through(m, "none").values[2] == 2);
  CHECK(through(m, "1.5,3,linear_exact").voi == "given: 1.5,3,linear_exact");
  CHECK(code_of([&] { (void)through(m, "3"); }) == "E_VOI");
  CHECK(code_of([&] { (void)through(m, "lut:3"); }) == "E_VOI");
}

TEST_CASE("polarity is turned on the bits, wherever the values lie") {
  gray_meaning m = bits(10);
  m.white_is_low = true;
  gray_table t = through(m);
  CHECK(t.inverted);
  CHECK(t.values[0] == 1023);
  CHECK(t.values[300] == 723);
  t = make_gray_table(m, {.polarity = gray_parameters::keep});
  CHECK(t.values[300] == 300);
  t = make_gray_table(bits(10), {.polarity = gray_parameters::invert});
  CHECK(t.values[300] == 723);
}

TEST_CASE("inverting twice is the identity, for every VOI") {
  gray_meaning m = bits(12);
  m.windows = {{900, 333.5}, {900, 333.5, window_function::sigmoid}};
  for (const char* voi : {"none", "1", "2"}) {
    const gray_table plain = through(m, voi);
    m.white_is_low = true;
    const gray_table turned = through(m, voi);
    m.white_is_low = false;
    for (std::size_t i = 0; i < 4096; ++i) REQUIRE(plain.values[i] + turned.values[i] == 4095);
  }
}

TEST_CASE("bits asked for put ends on ends") {
  CHECK(through(bits(12), "none", 16).values[4095] == 65535);
  CHECK(through(bits(12), "none", 8).values[2048] == 128);
  CHECK(through(bits(12), "none", 8).values[4095] == 255);
  CHECK(rescaled_bits(8, 0).values[200] == 200);
  CHECK(rescaled_bits(8, 16).values[255] == 65535);
}

TEST_CASE("bits above the stored ones do not enter; 8 bits come out as bytes, 12 as words") {
  const cv::Mat codes = (cv::Mat_<ushort>(1, 3) << 5, 0xF005, 0xFFF);
  const cv::Mat out = apply_gray_table(codes, through(bits(12)));
  CHECK(out.type() == CV_16UC1);
  CHECK(out.at<ushort>(1) == 5);
  CHECK(out.at<ushort>(2) == 4095);
  const cv::Mat bytes = apply_gray_table(codes, through(bits(12), "none", 8));
  CHECK(bytes.type() == CV_8UC1);
  CHECK(bytes.at<uchar>(2) == 255);
  CHECK(apply_gray_table(cv::Mat(2, 2, CV_8UC3, cv::Scalar(1, 2, 3)), rescaled_bits(8, 16)).type() == CV_16UC3);
  CHECK(code_of([] { (void)apply_gray_table(cv::Mat(1, 1, CV_32F), rescaled_bits(8, 8)); }) == "E_DEPTH");
}

TEST_CASE("what makes no sense is refused with its numbers") {
  gray_meaning m = bits(8);
  m.slope = 0;
  CHECK(code_of([&] { (void)through(m); }) == "E_DICOM_VALUE");
  m.slope = std::nan("");
  CHECK(code_of([&] { (void)through(m); }) == "E_DICOM_VALUE");
  m = bits(8);
  m.modality = gray_lookup{0, 8, {}};
  CHECK(code_of([&] { (void)through(m); }) == "E_DICOM_VALUE");
  CHECK(code_of([] { (void)through(bits(17)); }) == "E_DICOM_VALUE");
  for (const char* text : {"", "0", "-1", "window:", "window:x", "lut:0", "1,", ",1", "1,2,cubic", "1,0", "1,0.5",
                           "nan,1", "windows", "none "})
    CHECK_MESSAGE(code_of([&] { (void)voi_named(text); }, blame::request) == "E_OPTION", text);
}

TEST_CASE("a LUT whose entries need more bits than it says has them") {
  gray_meaning m = bits(2);
  m.voi_luts = {{0, 8, {0, 1, 2, 4095}}};
  CHECK(through(m).bits == 12);
  CHECK(through(m).values[3] == 4095);
}
