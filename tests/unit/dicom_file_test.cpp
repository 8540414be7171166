// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/dicom_file.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <opencv2/core.hpp>

#include "dicom_writer.hpp"
#include "error_code.hpp"
#include "medvision/io/dicom_codecs.hpp"
#include "scratch_folder.hpp"

using namespace medvision;

namespace {
const std::vector<int> six{1, 2, 3, 4, 5, 4000};

bool is_six(const cv::Mat& m) {
  if (m.size() != cv::Size(3, 2) || m.type() != CV_16UC1) return false;
  for (int i = 0; i < 6; ++i)
    if (m.at<ushort>(i / 3, i % 3) != six[std::size_t(i)]) return false;
  return true;
}
cv::Mat pixels_of(const scratch_folder& f, const dicom_writer& w, int frame = 0) {
  return read_dicom(f.put("a.dcm", w.file()), frame).pixels;
}
std::string refused(const std::string& bytes, int frame = 0) {
  const scratch_folder f;
  return code_of([&] { (void)read_dicom(f.put("a.dcm", bytes), frame); });
}
}  // namespace

TEST_CASE("one picture in explicit, implicit and big-endian coding gives the same pixels") {
  const scratch_folder f;
  for (const char* syntax : {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"})
    CHECK_MESSAGE(is_six(pixels_of(f, dicom_writer::gray(3, 2, six, 12, syntax))), syntax);
}

TEST_CASE("a file without preamble and meta header is read by its first element") {
  const scratch_folder f;
  for (const char* syntax : {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"}) {
    dicom_writer w = dicom_writer::gray(3, 2, six, 12, syntax);
    w.put(0x00080060, "CS", "CR");
    const std::string path = f.put("bare", w.body());
    CHECK(is_dicom(path));
    CHECK_MESSAGE(is_six(read_dicom(path, 0).pixels), syntax);
  }
}

TEST_CASE("a deflated data set is inflated, and not beyond the budget") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(3, 2, six, 12, "1.2.840.10008.1.2.1.99");
  const std::string whole = w.file(), body = w.body();
  z_stream z{};
  REQUIRE(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(body.size() + 100, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  z.avail_in = uInt(body.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = uInt(packed.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  packed.resize(z.total_out);
  deflateEnd(&z);
  const std::string head = whole.substr(0, whole.size() - body.size());
  CHECK(is_six(read_dicom(f.put("z.dcm", head + packed), 0).pixels));
  CHECK(refused(head + packed.substr(0, packed.size() / 2)) == "E_TRUNCATED");
  CHECK(refused(head + std::string(40, '\xFF')) == "E_DECODE");
  CHECK(code_of([&] { (void)read_dicom(f.path("z.dcm"), 0, {.max_bytes = 20}); }) == "E_TOO_LARGE");
}

TEST_CASE("run lengths: literal runs, repeats, high bytes before low ones") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(3, 2, six, 12, "1.2.840.10008.1.2.5");
  std::string header(64, '\0');
  header[0] = 2, header[4] = 64, header[8] = 70;
  const std::string high{char(-4), 0, 0, 0x0F, 0, 0};  // five times 0, then 0x0F
  const std::string low{5, 1, 2, 3, 4, 5, char(0xA0)};
  w.fragments({header + high + low + '\0'});
  CHECK(is_six(pixels_of(f, w)));
  w.fragments({header + high + low.substr(0, 4)});
  CHECK(refused(w.file()) == "E_TRUNCATED");
  header[0] = 3;
  w.fragments({header + high + low});
  CHECK(refused(w.file()) == "E_DECODE");
}

TEST_CASE("dirt above and below the stored bits is cleared") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(2, 1, {0xF123, 0x8FFF});
  CHECK(pixels_of(f, w).at<ushort>(0) == 0x123);
  w.word(0x00280102, 15);  // the 12 bits lie on top
  CHECK(pixels_of(f, w).at<ushort>(0) == 0xF12);
  CHECK(pixels_of(f, w).at<ushort>(1) == 0x8FF);
}

TEST_CASE("frames are chosen by number, and must be") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(3, 1, six);
  w.put(0x00280008, "IS", "2");
  CHECK(refused(w.file()) == "E_PAGES");
  CHECK(refused(w.file(), 3) == "E_PAGES");
  CHECK(pixels_of(f, w, 1).at<ushort>(2) == 3);
  CHECK(pixels_of(f, w, 2).at<ushort>(2) == 4000);
  CHECK(probe_dicom(f.path("a.dcm"), 0).frames == 2);
  const image_info info = dicom_size(f.path("a.dcm"));
  CHECK(info.width == 3);
  CHECK(info.depth == CV_16U);
  CHECK(info.pages == 2);
}

TEST_CASE("single bits run on from frame to frame") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(3, 1, {}, 1);
  w.word(0x00280100, 1).word(0x00280102, 0).put(0x00280008, "IS", "2").put(0x7FE00010, "OB", std::string("\x35\0", 2));
  CHECK(cv::countNonZero(pixels_of(f, w, 1) != (cv::Mat_<uchar>(1, 3) << 1, 0, 1)) == 0);
  CHECK(cv::countNonZero(pixels_of(f, w, 2) != (cv::Mat_<uchar>(1, 3) << 0, 1, 1)) == 0);
}

TEST_CASE("functional groups: of the frame before the shared ones before the data set") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(3, 1, six), one, two, shared, values, windows, spacing;
  w.put(0x00280008, "IS", "2").put(0x00281053, "DS", "9");
  values.put(0x00281052, "DS", "-5").put(0x00281053, "DS", "3");
  windows.put(0x00281050, "DS", "40").put(0x00281051, "DS", "80");
  spacing.put(0x00280030, "DS", "0.5\\0.25");
  shared.sequence(0x00289110, {spacing}).sequence(0x00289132, {windows});
  two.sequence(0x00289145, {values});
  w.sequence(0x52009229, {shared}).sequence(0x52009230, {one, two});
  const std::string path = f.put("a.dcm", w.file());
  const dicom_header first = read_dicom(path, 1).header, second = read_dicom(path, 2).header;
  CHECK(first.gray.slope == 9);
  CHECK(second.gray.slope == 3);
  CHECK(second.gray.intercept == -5);
  REQUIRE(second.gray.windows.size() == 1);
  CHECK(second.gray.windows[0].width == 80);
  REQUIRE(first.spacing);
  CHECK(first.spacing->row == 0.5);
  CHECK(first.spacing->column == 0.25);
}

TEST_CASE("LUTs: 0 entries are 65536, a signed first value, bytes two a word, and short ones refused") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(3, 2, six), lut;
  lut.words(0x00283002, "SS", {4, -2, 8}).words(0x00283006, "OW", {1, 2, 3, 4});
  w.sequence(0x00283010, {lut});
  gray_meaning m = read_dicom(f.put("a.dcm", w.file()), 0).header.gray;
  REQUIRE(m.voi_luts.size() == 1);
  CHECK(m.voi_luts[0].first == -2);
  CHECK(m.voi_luts[0].entries == std::vector<std::uint16_t>{1, 2, 3, 4});
  lut.words(0x00283006, "OW", {0x0201, 0x0403});
  w.sequence(0x00283010, {lut});
  CHECK(read_dicom(f.put("a.dcm", w.file()), 0).header.gray.voi_luts[0].entries[3] == 4);
  lut.words(0x00283002, "US", {0, 0, 16});
  w.sequence(0x00283010, {lut});
  CHECK(refused(w.file()) == "E_DICOM_VALUE");
  lut.words(0x00283006, "OW", std::vector<int>(65536, 7));
  w.without(0x00283010).sequence(0x00283000, {lut});
  CHECK(read_dicom(f.put("a.dcm", w.file()), 0).header.gray.modality->entries.size() == 65536);
}

TEST_CASE("red, green and blue by pixel and by plane; Y Cb Cr; a palette") {
  const scratch_folder f;
  dicom_writer w;
  w.word(0x00280002, 3).put(0x00280004, "CS", "RGB").word(0x00280006, 0).word(0x00280010, 1).word(0x00280011, 2);
  w.word(0x00280100, 8).word(0x00280101, 8).word(0x00280102, 7).word(0x00280103, 0);
  w.put(0x7FE00010, "OB", "\x01\x02\x03\x04\x05\x06");
  const cv::Mat bgr = pixels_of(f, w);
  REQUIRE(bgr.type() == CV_8UC3);
  CHECK(bgr.at<cv::Vec3b>(0, 0) == cv::Vec3b(3, 2, 1));
  w.word(0x00280006, 1).put(0x7FE00010, "OB", "\x01\x04\x02\x05\x03\x06");
  CHECK(cv::norm(pixels_of(f, w), bgr, cv::NORM_INF) == 0);
  w.word(0x00280006, 0).put(0x00280004, "CS", "YBR_FULL").put(0x7FE00010, "OB", "\x4C\x55\xFF\xFF\x80\x80");
  CHECK(pixels_of(f, w).at<cv::Vec3b>(0, 0) == cv::Vec3b(0, 0, 254));  // 76 + 1.402 * 127 = 254.05
  CHECK(pixels_of(f, w).at<cv::Vec3b>(0, 1) == cv::Vec3b(255, 255, 255));
  w.put(0x00280004, "CS", "PALETTE COLOR").word(0x00280002, 1).put(0x7FE00010, "OB", std::string("\0\x09", 2));
  for (std::uint32_t c = 0; c < 3; ++c)
    w.words(0x00281101 + c, "US", {2, 0, 16}).words(0x00281201 + c, "OW", {int(c), 1000 * int(c + 1)});
  const dicom_picture p = read_dicom(f.put("a.dcm", w.file()), 0);
  CHECK(p.bits == 16);
  CHECK(p.pixels.at<cv::Vec3w>(0, 0) == cv::Vec3w(2, 1, 0));
  CHECK(p.pixels.at<cv::Vec3w>(0, 1) == cv::Vec3w(3000, 2000, 1000));
}

TEST_CASE("the spacing says which attribute it is from, and nothing is made up") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(3, 2, six);
  const auto spacing = [&] { return probe_dicom(f.put("a.dcm", w.file()), 0).spacing; };
  CHECK(!spacing());
  w.put(0x00182010, "DS", "0.3\\0.4");
  CHECK(spacing()->source == "NominalScannedPixelSpacing");
  w.put(0x00181164, "DS", "0.1\\0.2");
  CHECK(spacing()->source == "ImagerPixelSpacing");
  CHECK(spacing()->column == 0.2);
  w.put(0x00280030, "DS", "0.09\\0.09").put(0x00280A02, "CS", "GEOMETRY");
  CHECK(spacing()->source == "PixelSpacing GEOMETRY");
  for (const char* wrong : {"0\\0", "-1\\1", "nan\\1", "0.1"}) {
    w.without(0x00181164).without(0x00182010).put(0x00280030, "DS", wrong);
    CHECK(!spacing());
    CHECK(probe_dicom(f.path("a.dcm"), 0).remark != "");
  }
}

TEST_CASE("only code strings of the list leave; the patient stands apart") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(3, 2, six);
  w.put(0x00080060, "CS", "MG").put(0x00200062, "CS", "L").put(0x00185101, "CS", "MLO");
  w.put(0x00080068, "CS", "FOR PRESENTATION").put(0x00180015, "CS", "Doe^Jane").put(0x00100020, "LO", "../77\n");
  w.put(0x00100010, "PN", "Doe^J\xE4ne").put(0x00081030, "LO", "STUDY OF DOE");
  const dicom_header h = probe_dicom(f.put("a.dcm", w.file()), 0);
  CHECK(h.tags == std::map<std::string, std::string>{{"modality", "MG"},
                                                     {"side", "L"},
                                                     {"view", "MLO"},
                                                     {"presentation_intent", "FOR PRESENTATION"},
                                                     {"photometric", "MONOCHROME2"},
                                                     {"transfer_syntax", "explicit-little"}});
  CHECK(h.identity.patient_name == "Doe^J%E4ne");
}

TEST_CASE("a patient's key depends on the salt and the id, and gives neither away") {
  // HMAC-SHA-256 of RFC 4231, test case 2.
  CHECK(patient_key("Jefe", "what do ya want for nothing?") == "5bdcc146bf60754e");
  CHECK(patient_key("a", "1") != patient_key("b", "1"));
  CHECK(patient_key("a", "1") != patient_key("a", "2"));
  CHECK(patient_key("a", "").empty());
  CHECK(salt_in("secret\r\n", "s") == "secret");
  CHECK(salt_in(std::string(4096, 'a') + "\n", "s").size() == 4096);
  CHECK(code_of([] { (void)salt_in("\n", "s"); }, blame::request) == "E_OPTION");
  CHECK(code_of([] { (void)salt_in(std::string(4097, 'a'), "s"); }, blame::request) == "E_OPTION");
}

TEST_CASE("values out of range are refused") {
  const auto with = [](std::uint32_t tag, const std::string& vr, const std::string& value) {
    return refused(dicom_writer::gray(3, 2, six).put(tag, vr, value).file());
  };
  CHECK(with(0x00281053, "DS", "nan") == "E_DICOM_VALUE");
  CHECK(with(0x00281053, "DS", "1e999") == "E_DICOM_VALUE");
  CHECK(with(0x00281053, "DS", "one") == "E_DICOM_VALUE");
  CHECK(with(0x00280008, "IS", "0") == "E_DICOM_VALUE");
  CHECK(with(0x00280004, "CS", "CMYK") == "E_UNSUPPORTED");
  CHECK(refused(dicom_writer::gray(3, 2, six).word(0x00280101, 17).file()) == "E_DICOM_VALUE");
  CHECK(refused(dicom_writer::gray(3, 2, six).word(0x00280102, 3).file()) == "E_DICOM_VALUE");
  CHECK(refused(dicom_writer::gray(3, 2, six).word(0x00280100, 32).file()) == "E_UNSUPPORTED");
  CHECK(refused(dicom_writer::gray(3, 2, six).without(0x7FE00010).file()) == "E_UNSUPPORTED");
  CHECK(refused(dicom_writer::gray(3, 2, six).without(0x00280010).file()) == "E_UNSUPPORTED");
  CHECK(refused(dicom_writer::gray(3, 2, six, 12, "1.2.840.10008.1.2.4.201").file()) == "E_UNSUPPORTED");
}

TEST_CASE("the budget is held against the header") {
  const scratch_folder f;
  const std::string path = f.put("a.dcm", dicom_writer::gray(60000, 60000, six).file());
  CHECK(code_of([&] { (void)probe_dicom(path, 0); }) == "E_TOO_LARGE");
  CHECK(code_of([&] { (void)read_dicom(path, 0); }) == "E_TOO_LARGE");
  CHECK(code_of([&] { (void)read_dicom(f.put("b", dicom_writer::gray(3, 2, six).file()), 0, {.max_pixels = 5}); }) ==
        "E_TOO_LARGE");
}

TEST_CASE("a bitstream that says another size than the header is refused before it is decoded") {
  dicom_writer w = dicom_writer::gray(3, 2, six, 8, "1.2.840.10008.1.2.4.50");
  const std::string frame = std::string("\xFF\xD8\xFF\xC0\x00\x0B\x08\xFF\xFF\xFF\xFF\x01\x01\x11\x00\xFF\xD9", 17);
  w.fragments({frame});
  CHECK(refused(w.file()) == "E_DICOM_VALUE");
  w.fragments({frame.substr(0, 15)});
  CHECK(refused(w.file()) == "E_TRUNCATED");
  w.fragments({"not a JPEG\xFF\xD9"});
  CHECK(refused(w.file()) == "E_DECODE");
}

TEST_CASE("a file cut anywhere is an error and never half a picture") {
  const std::string whole = dicom_writer::gray(3, 2, six).file();
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_MESSAGE(refused(whole.substr(0, n)) != "", n);
  dicom_writer w = dicom_writer::gray(3, 2, six, 12, "1.2.840.10008.1.2.5");
  std::string header(64, '\0');
  header[0] = 2, header[4] = 64, header[8] = 70;
  w.fragments({header + std::string{char(-4), 0, 0, 0x0F, 0, 0} + std::string{5, 1, 2, 3, 4, 5, char(0xA0), 0}});
  const std::string packed = w.file();
  CHECK(refused(packed) == "");
  for (std::size_t n = 0; n < packed.size(); ++n) CHECK_MESSAGE(refused(packed.substr(0, n)) != "", n);
}

TEST_CASE("every byte changed gives a picture or an error") {
  const scratch_folder f;
  dicom_writer w = dicom_writer::gray(3, 2, six), lut;
  lut.words(0x00283002, "US", {4, 0, 8}).words(0x00283006, "OW", {1, 2, 3, 4});
  w.sequence(0x00283010, {lut}).put(0x00281050, "DS", "40\\50").put(0x00281051, "DS", "80\\90");
  const std::string whole = w.file();
  int pictures = 0, errors = 0;
  for (std::size_t n = 128; n < whole.size(); ++n)
    for (const char value : {'\0', '\xFF', '\x7F', char(whole[n] + 1), '\\'}) {
      std::string bytes = whole;
      bytes[n] = value;
      const std::string path = f.put("a.dcm", bytes);
      const std::string code = code_of([&] {
        const dicom_picture p = read_dicom(path, 0);
        (void)apply_gray_table(p.pixels, make_gray_table(p.header.gray, {}));
      });
      ++(code.empty() ? pictures : errors);
    }
  CHECK(pictures > 100);
  CHECK(errors > 100);
}

TEST_CASE("sequences nested ten thousand deep end in an error, not on the stack") {
  dicom_writer w = dicom_writer::gray(3, 2, six);
  std::string deep;
  for (int i = 0; i < 10000; ++i)
    deep += std::string("\x08\x00\x40\x11SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF", 20);
  const std::string whole = w.file();
  const std::size_t body = whole.size() - w.body().size();
  CHECK(refused(whole.substr(0, body) + deep + whole.substr(body)) == "E_LIMIT");
}

TEST_CASE("an empty file, a text and a folder are no DICOM") {
  const scratch_folder f;
  CHECK(!is_dicom(f.put("e", "")));
  CHECK(!is_dicom(f.put("t", "a text of more than sixteen bytes, which is no DICOM")));
  CHECK(refused("") == "E_EMPTY");
  CHECK(refused(std::string(400, 'x')) == "E_FORMAT");
  CHECK(code_of([&] { (void)is_dicom(f.path()); }) == "E_MISSING");
}

TEST_CASE("a JPEG 2000 bitstream without one of its tiles is cut, whatever its end says") {
  const auto big = [](std::uint64_t value, int bytes) {
    std::string out;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
    return out;
  };
  const auto siz = [&](int width, int tile) {
    return big(0xFF4F, 2) + big(0xFF51, 2) + big(41, 2) + big(0, 2) + big(std::uint64_t(width), 4) + big(8, 4) +
           big(0, 8) + big(std::uint64_t(tile), 4) + big(8, 4) + big(0, 8) + big(1, 2) + big(0x070101, 3);
  };
  const auto part = [&](int tile, std::uint32_t length) {
    return big(0xFF90, 2) + big(10, 2) + big(std::uint64_t(tile), 2) + big(length, 4) + big(0x0001, 2) + big(0xFF93, 2);
  };
  const std::string end = big(0xFFD9, 2), head = siz(20, 8);  // three tiles
  const auto read = [](const std::string& s) { return read_bitstream_size(s, dicom_coding::jpeg_2000); };
  const auto code = [&](const std::string& s) { return code_of([&] { read(s); }); };
  CHECK(read(head + part(0, 14) + part(1, 14) + part(2, 14) + end).width == 20);
  CHECK(read(head + part(0, 14) + part(2, 14) + part(1, 0) + end).width == 20);  // the last reaches to the end
  CHECK(code(head + part(0, 14) + part(2, 14) + end) == "E_TRUNCATED");
  CHECK(code(head + end) == "E_TRUNCATED");
  CHECK(code(head + part(0, 14) + part(1, 14) + part(3, 14) + end) == "E_DECODE");
  CHECK(code(head + part(0, 14) + part(1, 14) + part(2, 5000) + end) == "E_TRUNCATED");
  CHECK(code(siz(20, 0) + part(0, 14) + end) == "E_DECODE");
}

TEST_CASE("a JPEG of fewer bits than its pixels need is refused before memory is taken for them") {
  const auto code = [](std::size_t bytes, const char* uid, int side) {
    return code_of([&] { check_holds(bytes, dicom_syntax_of(uid), {.width = side, .height = side}); });
  };
  const char *const lossless = "1.2.840.10008.1.2.4.70", *const baseline = "1.2.840.10008.1.2.4.50";
  CHECK_NOTHROW(check_holds(800, dicom_syntax_of(lossless), {.width = 80, .height = 80}));
  CHECK(code(799, lossless, 80) == "E_TRUNCATED");
  CHECK_NOTHROW(check_holds(800, dicom_syntax_of(baseline), {.width = 640, .height = 640}));
  CHECK(code(2500, baseline, 16000) == "E_TRUNCATED");
  CHECK_NOTHROW(check_holds(2500, dicom_syntax_of("1.2.840.10008.1.2.4.90"), {.width = 16000, .height = 16000}));
}
