// SPDX-License-Identifier: Apache-2.0
// Films of DDSM: names, the text beside, densities on paper, and levels out of streams by an encoder of the tests' own.
#include "medvision/io/ddsm_file.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>

#include "error_code.hpp"
#include "medvision/io/ddsm_case.hpp"
#include "medvision/io/ddsm_density.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {

// Made by tests/ddsm_files.py.
const std::string films = MEDVISION_SOURCE "/tests/golden/med-import/ddsm/";

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::string good =
    "filename A-1-1\r\nDENSITY 3\r\nDIGITIZER HOWTEK 43.5\r\n"
    "LEFT_CC LINES 3 PIXELS_PER_LINE 4 BITS_PER_PIXEL 12 RESOLUTION 43.5 OVERLAY\r\n";

std::string case_code(const std::string& text, const std::string& sequence = "LEFT_CC") {
  return code_of([&] { (void)parse_ddsm_case(text, sequence); });
}

/// The code of a film's reading, "" when a picture came out.
std::string film_code(const std::string& film, const std::string& about,
                      const std::string& name = "A_1_1.LEFT_CC.LJPEG") {
  const scratch_folder f;
  f.put("A-1-1.ics", about);
  const std::string path = f.put(name, film);
  const std::string scanned = code_of([&] { (void)ddsm_size(path); });
  const std::string read = code_of([&] { (void)read_ddsm(path, true); });
  if (!scanned.empty()) CHECK(scanned == read);
  return read;
}

}  // namespace

TEST_CASE("a film is known by its name") {
  const auto name = ddsm_name_of("some/where/B_3012_1.RIGHT_MLO.LJPEG");
  REQUIRE(name);
  CHECK(name->institution == 'B');
  CHECK(name->patient == "B-3012");
  CHECK(name->sequence == "RIGHT_MLO");
  CHECK(name->side == "R");
  CHECK(name->view == "MLO");
  CHECK(!name->is_decoded);
  CHECK(name->case_file == "some/where/B-3012-1.ics");
  CHECK(ddsm_name_of("A_1_1.LEFT_CC.LJPEG.1")->is_decoded);
  CHECK(ddsm_case_file("A_1_1.LEFT_CC.LJPEG.1") == "A-1-1.ics");
  for (const char* other :
       {"", ".LJPEG", "A_1_1.LJPEG", "A_1.LEFT_CC.LJPEG", "A_1_1.LEFT_XY.LJPEG", "AB_1_1.LEFT_CC.LJPEG",
        "A_1_1.LEFT_CC.png", "A_1_1.LEFT_CC.LJPEG.2", "A_x_1.LEFT_CC.LJPEG", "A__1.LEFT_CC.LJPEG",
        "a_1_1.LEFT_CC.LJPEG", "A_1_1_LEFT_CC.LJPEG", "A_1_1.MID_CC.LJPEG", "A_1_1.LEFT_CC.LJPEG/x"})
    CHECK_MESSAGE(!is_ddsm(other), other);
  CHECK(ddsm_case_file("a.dcm").empty());
}

TEST_CASE("of the text only what is asked for is read, and the rest may hold anything") {
  const ddsm_case c = parse_ddsm_case(good, "LEFT_CC");
  CHECK(c.digitizer == "HOWTEK");
  CHECK(c.breast_density == "3");
  CHECK(c.width == 4);
  CHECK(c.height == 3);
  CHECK(c.bits == 12);
  CHECK(c.micrometres == 43.5);
  CHECK(case_code("RIGHT_CC LINES x\n\xFF\xFE\x01\nDENSITY 77\n" + good) == "");
  CHECK(parse_ddsm_case("DENSITY Doe\n" + good.substr(good.find("LEFT")), "LEFT_CC").breast_density.empty());
}

TEST_CASE("hostile text is refused by name") {
  CHECK(case_code("") == "E_DDSM_VALUE");
  CHECK(case_code(good, "RIGHT_MLO") == "E_DDSM_VALUE");
  CHECK(case_code(good + good) == "E_DDSM_VALUE");
  const auto with = [](const std::string& line) { return case_code("LEFT_CC " + line); };
  CHECK(with("LINES 3 PIXELS_PER_LINE 4 BITS_PER_PIXEL 16") == "");
  for (const char* wrong :
       {"", "LINES", "LINES 3 PIXELS_PER_LINE", "LINES -3 PIXELS_PER_LINE 4 BITS_PER_PIXEL 12",
        "LINES 0 PIXELS_PER_LINE 4 BITS_PER_PIXEL 12", "LINES 3e3 PIXELS_PER_LINE 4 BITS_PER_PIXEL 12",
        "LINES 3 PIXELS_PER_LINE 99999999999999999999 BITS_PER_PIXEL 12", "LINES 3 PIXELS_PER_LINE 4 BITS_PER_PIXEL 8",
        "LINES 3 PIXELS_PER_LINE 65536 BITS_PER_PIXEL 12", "LINES 3 PIXELS_PER_LINE 4"})
    CHECK_MESSAGE(with(wrong) == "E_DDSM_VALUE", wrong);
  for (const char* odd : {"nan", "inf", "0", "-50", "1e9", "fifty", ""}) {
    const std::string line = std::string("LEFT_CC LINES 3 PIXELS_PER_LINE 4 BITS_PER_PIXEL 12 RESOLUTION ") + odd;
    CHECK_MESSAGE(!parse_ddsm_case(line, "LEFT_CC").micrometres, odd);
  }
  const scratch_folder f;
  CHECK(code_of([&] { (void)read_ddsm_case(f.put("big", std::string(70000, 'x')), "LEFT_CC"); }) == "E_TOO_LARGE");
}

TEST_CASE("densities of the four scanners, by hand") {
  CHECK(optical_density(ddsm_calibration_of('A', "DBA"), 1000) == doctest::Approx((3 - 4.80662) / -1.07553));
  CHECK(std::isinf(optical_density(ddsm_calibration_of('A', "DBA"), 0)));
  CHECK(optical_density(ddsm_calibration_of('A', "HOWTEK"), 1000) == doctest::Approx(2.84332));
  CHECK(optical_density(ddsm_calibration_of('B', "LUMISYS"), 3087.98) == doctest::Approx(1));
  CHECK(optical_density(ddsm_calibration_of('C', "LUMISYS"), 4096.99) == doctest::Approx(0));
  CHECK(optical_density(ddsm_calibration_of('D', "HOWTEK"), 2000) == doctest::Approx(1.98492488));
  for (const auto& [institution, digitizer] :
       {std::pair{'A', "LUMISYS"}, {'B', "HOWTEK"}, {'D', "DBA"}, {'E', "HOWTEK"}, {'A', ""}, {'A', "howtek"}})
    CHECK(code_of([&] { (void)ddsm_calibration_of(institution, digitizer); }) == "E_UNSUPPORTED");
}

TEST_CASE("density 3 is 0, density 0.05 is 65535, and clearer film is brighter") {
  for (const auto& [institution, digitizer, bits] :
       {std::tuple{'A', "DBA", 16}, {'A', "HOWTEK", 12}, {'B', "LUMISYS", 12}}) {
    const ddsm_calibration& scanner = ddsm_calibration_of(institution, digitizer);
    const gray_table table = make_gray_table(density_meaning(scanner, bits), {});
    REQUIRE(table.values.size() == std::size_t(1) << bits);
    CHECK(table.bits == 16);
    CHECK(table.values.front() == 0);
    CHECK(table.values.back() == 65535);
    CHECK(std::is_sorted(table.values.begin(), table.values.end()));
    for (std::size_t level = 0; level < table.values.size(); level += 97) {
      const double density = 3.0 - table.values[level] / 65535.0 * 2.95;
      const double expected = std::min(3.0, std::max(0.05, optical_density(scanner, double(level))));
      CHECK(std::abs(density - expected) < 2.95 / 65535);
    }
  }
}

TEST_CASE("streams of 12 and 16 bits give the levels that were encoded, and so do decoded words") {
  const cv::Mat twelve = (cv::Mat_<ushort>(3, 4) << 0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4050, 4090, 4095);
  const cv::Mat sixteen = (cv::Mat_<ushort>(3, 4) << 0, 1, 100, 1000, 10000, 32768, 40000, 65535, 65535, 0, 32768, 0);
  const dicom_picture a = read_ddsm(films + "A_2_1.RIGHT_MLO.LJPEG", false);
  REQUIRE(a.pixels.size() == cv::Size(4, 3));
  CHECK(cv::norm(a.pixels, twelve, cv::NORM_INF) == 0);
  CHECK(a.header.tags.at("density") == "raw");
  CHECK(a.header.spacing->row == 0.0435);
  CHECK(a.header.identity.patient_id == "A-2");
  for (const char* name : {"A_1_1.LEFT_CC.LJPEG", "A_1_1.LEFT_CC.LJPEG.1"}) {
    const dicom_picture b = read_ddsm(films + name, true);
    REQUIRE(b.pixels.size() == cv::Size(4, 3));
    CHECK(cv::norm(b.pixels, sixteen, cv::NORM_INF) == 0);
    CHECK(b.header.tags.at("scanner") == "MGH DBA");
    CHECK(ddsm_size(films + name).depth == CV_16U);
  }
}

TEST_CASE("a film without its text, of another name, size or depth, or beyond the budget is refused") {
  const scratch_folder f;
  CHECK(code_of([&] { (void)read_ddsm(f.put("A_9_1.LEFT_CC.LJPEG", "x"), true); }) == "E_MISSING");
  CHECK(code_of([&] { (void)read_ddsm(f.put("a.LJPEG", "x"), true); }) == "E_FORMAT");
  const std::string film = bytes_of(films + "A_2_1.RIGHT_MLO.LJPEG"), deep = bytes_of(films + "A_1_1.LEFT_CC.LJPEG");
  CHECK(film_code(film, good) == "");
  CHECK(film_code(deep, good) == "E_DECODE");  // its levels need more than 12 bits
  const auto swapped = [](std::string text, const std::string& a, const std::string& b) {
    return text.replace(text.find(a), a.size(), b);
  };
  CHECK(film_code(film, swapped(good, "LINES 3", "LINES 4")) == "E_SHAPE");
  CHECK(film_code(film, swapped(good, "PIXEL 12", "PIXEL 16")) == "E_SHAPE");
  CHECK(film_code(film, swapped(good, "HOWTEK", "XEROX")) == "E_UNSUPPORTED");
  CHECK(film_code(film, swapped(swapped(good, "LINES 3", "LINES 60000"), "LINE 4", "LINE 60000")) == "E_TOO_LARGE");
  CHECK(film_code(film + std::string(40000, '\0') + "\xFF\xD9", good) == "E_TOO_LARGE");
  CHECK(film_code(std::string(24, '\0'), good, "A_1_1.LEFT_CC.LJPEG.1") == "");
  CHECK(film_code(std::string(26, '\0'), good, "A_1_1.LEFT_CC.LJPEG.1") == "E_SHAPE");
  CHECK(film_code(std::string(22, '\0'), good, "A_1_1.LEFT_CC.LJPEG.1") == "E_TRUNCATED");
  CHECK(film_code("", good) != "");
}

TEST_CASE("a stream cut anywhere, with an end put behind it or without, is an error") {
  const std::string film = bytes_of(films + "A_2_1.RIGHT_MLO.LJPEG");
  REQUIRE(film.size() > 60);
  for (std::size_t n = 0; n < film.size(); ++n) CHECK_MESSAGE(film_code(film.substr(0, n), good) != "", n);
  for (std::size_t n = 2; n + 6 < film.size(); ++n)
    CHECK_MESSAGE(film_code(film.substr(0, n) + "\xFF\xD9", good) != "", n);
}
