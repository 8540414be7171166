// SPDX-License-Identifier: Apache-2.0
// Pictures in and out: what is written comes back, known bytes mean known pixels, and what is cut, damaged, too large
// or of another kind is an error with a code, never a picture.
#include "medvision/io/image_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <limits>
#include <opencv2/core.hpp>
#include <random>
#include <vector>

#include "error_code.hpp"
#include "medvision/error.hpp"
#include "medvision/io/tensor_file.hpp"
#include "scratch_folder.hpp"

using namespace medvision;
using namespace std::literals;

namespace {

std::string read_code(const std::string& path, const image_limits& limits = {}) {
  return code_of([&] { read_image(path, limits); });
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

/// A picture with smooth parts, flat parts and noise; reproducible.
cv::Mat sample_picture(int height, int width, int type, unsigned seed = 1) {
  cv::Mat image(height, width, type);
  std::mt19937 draw(seed);
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < width * image.channels(); ++i) {
      const unsigned v = y % 7 == 3 ? 40 : unsigned(i * 5 + y * 3) + (draw() >> 29);
      if (image.depth() == CV_8U) image.ptr(y)[i] = uchar(v);
      if (image.depth() == CV_16U) image.ptr<ushort>(y)[i] = ushort(v * 257 + (draw() >> 22));
      if (image.depth() == CV_32F) image.ptr<float>(y)[i] = float(v) / 3.0F - 17.0F;
    }
  }
  return image;
}

std::string be32(unsigned v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

std::string png_chunk(const std::string& name, const std::string& data) {
  const std::string body = name + data;
  const auto crc = unsigned(crc32(0, reinterpret_cast<const Bytef*>(body.data()), uInt(body.size())));
  return be32(unsigned(data.size())) + body + be32(crc);
}

std::string deflated(const std::string& raw) {
  std::string out(compressBound(uLong(raw.size())), '\0');
  uLongf size = uLongf(out.size());
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(raw.data()), uLong(raw.size()));
  out.resize(size);
  return out;
}

const std::string png_magic = "\x89PNG\r\n\x1A\n";

/// colour: 0 grey, 2 RGB, 3 palette, 4 grey+alpha, 6 RGBA. raw: filter byte and samples of each row.
std::string png_file(unsigned width, unsigned height, int bits, int colour, const std::string& raw,
                     const std::string& before_pixels = "") {
  const std::string header = be32(width) + be32(height) + std::string{char(bits), char(colour), 0, 0, 0};
  return png_magic + png_chunk("IHDR", header) + before_pixels + png_chunk("IDAT", deflated(raw)) +
         png_chunk("IEND", "");
}

std::string le16(unsigned v) { return {char(v), char(v >> 8)}; }
std::string le32(unsigned v) { return le16(v & 0xFFFF) + le16(v >> 16); }

struct tiff_tag {
  unsigned id, type, count, value;
};

/// A little-endian TIFF: header, pixels, directories, each of the same tags.
std::string tiff_file(const std::vector<tiff_tag>& tags, const std::string& pixels, int pages = 1) {
  std::string file = "II*\0"s + le32(unsigned(8 + pixels.size())) + pixels;
  for (int page = 0; page < pages; ++page) {
    file += le16(unsigned(tags.size()));
    for (const tiff_tag& t : tags) file += le16(t.id) + le16(t.type) + le32(t.count) + le32(t.value);
    file += le32(page + 1 < pages ? unsigned(file.size() + 4) : 0);
  }
  return file;
}

std::vector<tiff_tag> grey_tags(unsigned width, unsigned height, unsigned bits, unsigned photometric, unsigned bytes) {
  return {{256, 3, 1, width}, {257, 3, 1, height}, {258, 3, 1, bits},   {259, 3, 1, 1},    {262, 3, 1, photometric},
          {273, 4, 1, 8},     {277, 3, 1, 1},      {278, 3, 1, height}, {279, 4, 1, bytes}};
}

// 16 x 8 grey JPEGs cannot be written by the library; this is one made by libjpeg, 8 x 16 pixels (width 16, height 8),
// left half 0 and right half 255, at quality 100 so that the flat blocks are exact.
std::string half_black_jpeg() {
  std::string file = "\xFF\xD8"s;
  file += "\xFF\xDB\x00\x43\x00"s + std::string(64, '\x01');        // quantisation: all ones
  file += "\xFF\xC0\x00\x0B\x08\x00\x08\x00\x10\x01\x01\x11\x00"s;  // 8 bit, 8 rows, 16 columns, 1 channel
  // DC lengths: one code of 2 bits for 0 bits, one of 2 bits for category 11, one of 2 bits for category 10.
  file += "\xFF\xC4\x00\x16\x00"s + "\x00\x03"s + std::string(14, '\0') + "\x00\x0A\x0B"s;
  file += "\xFF\xC4\x00\x14\x10"s + "\x00\x01"s + std::string(14, '\0') + "\x00"s;  // AC: 00 is end of block
  file += "\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00"s;
  // Block 1: level -128, DC = -1024: category 11, bits of -1024 = 01111111111; then end of block.
  // Block 2: level +127, DC = 1016, difference 2040: category 11, bits 11111111000; then end of block.
  const std::string bits = "10"s + "01111111111" + "00" + "10" + "11111111000" + "00";
  std::string padded = bits + std::string((8 - bits.size() % 8) % 8, '1');
  for (std::size_t i = 0; i < padded.size(); i += 8) {
    const char byte = char(std::stoi(padded.substr(i, 8), nullptr, 2));
    file += byte;
    if (byte == '\xFF') file += '\0';
  }
  return file + "\xFF\xD9";
}

std::string with_orientation(const std::string& jpeg, int orientation, bool big_endian) {
  const std::string body =
      big_endian ? "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + char(orientation) + "\0\0\0\0\0\0"s
                 : "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"s + char(orientation) + "\0\0\0\0\0\0\0"s;
  const std::string data = "Exif\0\0"s + body;
  const auto length = unsigned(data.size() + 2);
  return jpeg.substr(0, 2) + "\xFF\xE1"s + char(length >> 8) + char(length) + data + jpeg.substr(2);
}

/// Every cut of `bytes` at the given steps must be an error of one of the codes of cut files.
void check_cuts(const scratch_folder& folder, const std::string& name, const std::string& bytes, std::size_t step) {
  for (std::size_t size = 0; size < bytes.size(); size += step) {
    const std::string code = read_code(folder.put(name, bytes.substr(0, size)));
    INFO(name << " cut at " << size << " of " << bytes.size() << ": " << code);
    const bool told =
        code == "E_TRUNCATED" || code == "E_DECODE" || (size < 12 && (code == "E_EMPTY" || code == "E_FORMAT"));
    CHECK(told);
  }
}

}  // namespace

TEST_CASE("what is written comes back, for every format, depth, channel count and odd size") {
  const scratch_folder folder;
  const cv::Size sizes[] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {17, 5}, {64, 64}, {301, 203}};
  for (const char* name : {"a.png", "a.tiff", "a.TIF", "a.pgm", "a.ppm", "a.npy"}) {
    const std::string extension = std::filesystem::path(name).extension();
    for (const int channels : {1, 3}) {
      if ((extension == ".pgm" && channels == 3) || (extension == ".ppm" && channels == 1)) continue;
      for (const int depth : {CV_8U, CV_16U, CV_32F}) {
        if (depth == CV_32F && extension != ".tiff" && extension != ".TIF" && extension != ".npy") continue;
        for (const cv::Size size : sizes) {
          const cv::Mat image = sample_picture(size.height, size.width, CV_MAKETYPE(depth, channels));
          INFO(name << " " << size << " type " << image.type());
          write_image(folder.path(name), image);
          const image_info info = probe_image(folder.path(name));
          CHECK(cv::Size(info.width, info.height) == size);
          CHECK(info.channels == channels);
          CHECK(info.depth == depth);
          CHECK(info.pages == 1);
          CHECK(equal(read_image(folder.path(name)), image));
        }
      }
    }
  }
}

TEST_CASE("a part of a picture is written as if it were whole") {
  const scratch_folder folder;
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_16UC3}) {
    const cv::Mat whole = sample_picture(40, 50, type), part = whole(cv::Rect(3, 5, 31, 20));
    for (const char* name : {"a.png", "a.tiff", "a.npy", "a.pgm", "a.ppm"}) {
      if ((name == "a.pgm"s) != (part.channels() == 1) && name[2] == 'p' && name[3] != 'n') continue;
      write_image(folder.path(name), part);
      CHECK(equal(read_image(folder.path(name)), part));
    }
  }
}

TEST_CASE("two writings of one picture are equal bytes") {
  const scratch_folder folder;
  const cv::Mat image = sample_picture(70, 90, CV_16UC3);
  for (const char* name : {"a.png", "a.tiff", "a.ppm", "a.npy"}) {
    write_image(folder.path(name), image);
    const std::string first = folder.bytes(name);
    write_image(folder.path(name), image);
    CHECK(folder.bytes(name) == first);
  }
}

TEST_CASE("a PNG written by hand has the pixels on paper") {
  const scratch_folder folder;
  SUBCASE("grey of 16 bits is big endian in the file") {
    const cv::Mat image = read_image(folder.put("a.png", png_file(2, 1, 16, 0, "\0\x01\x02\xFF\xFE"s)));
    CHECK(equal(image, (cv::Mat_<ushort>(1, 2) << 0x0102, 0xFFFE)));
  }
  SUBCASE("colour is blue, green, red in memory") {
    const cv::Mat image = read_image(folder.put("a.png", png_file(1, 1, 8, 2, "\0\x0A\x14\x1E"s)));
    CHECK(image.at<cv::Vec3b>(0, 0) == cv::Vec3b(30, 20, 10));
  }
  SUBCASE("grey of 1, 2 and 4 bits is scaled to 255") {
    CHECK(equal(read_image(folder.put("a.png", png_file(4, 1, 1, 0, "\0\xA0"s))),
                (cv::Mat_<uchar>(1, 4) << 255, 0, 255, 0)));
    CHECK(equal(read_image(folder.put("a.png", png_file(4, 1, 2, 0, "\0\x1B"s))),
                (cv::Mat_<uchar>(1, 4) << 0, 85, 170, 255)));
    CHECK(equal(read_image(folder.put("a.png", png_file(2, 1, 4, 0, "\0\x3F"s))), (cv::Mat_<uchar>(1, 2) << 51, 255)));
  }
  SUBCASE("a palette becomes colours, or grey when all its entries are") {
    const std::string colours = png_chunk("PLTE", "\xFF\x00\x00\x01\x02\x03"s);
    const cv::Mat image = read_image(folder.put("a.png", png_file(2, 1, 8, 3, "\0\x01\x00"s, colours)));
    CHECK(image.at<cv::Vec3b>(0, 0) == cv::Vec3b(3, 2, 1));
    CHECK(image.at<cv::Vec3b>(0, 1) == cv::Vec3b(0, 0, 255));
    const std::string greys = png_chunk("PLTE", "\xFF\xFF\xFF\x07\x07\x07"s);
    const std::string path = folder.put("a.png", png_file(2, 1, 1, 3, "\0\x40"s, greys));
    CHECK(equal(read_image(path), (cv::Mat_<uchar>(1, 2) << 255, 7)));
    CHECK(probe_image(path).channels == 1);
  }
  SUBCASE("an index without palette entry is an error") {
    const std::string colours = png_chunk("PLTE", "\xFF\x00\x00"s);
    CHECK(read_code(folder.put("a.png", png_file(1, 1, 8, 3, "\0\x01"s, colours))) == "E_DECODE");
  }
  SUBCASE("an opaque alpha channel is dropped, any other refused") {
    CHECK(read_image(folder.put("a.png", png_file(1, 1, 8, 6, "\0\x01\x02\x03\xFF"s))).at<cv::Vec3b>(0, 0) ==
          cv::Vec3b(3, 2, 1));
    CHECK(read_code(folder.put("a.png", png_file(1, 1, 8, 6, "\0\x01\x02\x03\xFE"s))) == "E_UNSUPPORTED");
    CHECK(equal(read_image(folder.put("a.png", png_file(1, 1, 16, 4, "\0\x01\x02\xFF\xFF"s))),
                (cv::Mat_<ushort>(1, 1) << 0x0102)));
    CHECK(read_code(folder.put("a.png", png_file(1, 1, 16, 4, "\0\x01\x02\x00\xFF"s))) == "E_UNSUPPORTED");
  }
  SUBCASE("a transparent colour matters only where it is used") {
    const std::string key = png_chunk("tRNS", "\0\x05"s);
    CHECK(equal(read_image(folder.put("a.png", png_file(2, 1, 8, 0, "\0\x01\x02"s, key))),
                (cv::Mat_<uchar>(1, 2) << 1, 2)));
    CHECK(read_code(folder.put("a.png", png_file(2, 1, 8, 0, "\0\x01\x05"s, key))) == "E_UNSUPPORTED");
  }
  SUBCASE("an animation is refused") {
    const std::string file = png_file(1, 1, 8, 0, "\0\x01"s, png_chunk("acTL", be32(3) + be32(0)));
    CHECK(read_code(folder.put("a.png", file)) == "E_PAGES");
    CHECK(probe_image(folder.path("a.png")).pages == 3);
  }
  SUBCASE("orientation in a PNG is applied") {
    const std::string exif = png_chunk("eXIf", "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"s);
    CHECK(equal(read_image(folder.put("a.png", png_file(2, 1, 8, 0, "\0\x01\x02"s, exif))),
                (cv::Mat_<uchar>(2, 1) << 1, 2)));
  }
}

TEST_CASE("a damaged PNG says what is damaged") {
  const scratch_folder folder;
  const std::string sound = png_file(3, 2, 8, 0, "\0\x01\x02\x03\0\x04\x05\x06"s, png_chunk("tEXt", "Comment\0hello"s));
  REQUIRE(read_code(folder.put("a.png", sound)).empty());
  const auto flipped = [&](std::size_t at) {
    std::string f = sound;
    f[at] ^= 0x10;
    return folder.put("a.png", f);
  };
  CHECK(read_code(flipped(sound.find("IDAT") + 6)) == "E_CRC");
  CHECK(read_code(flipped(sound.find("IHDR") + 14)) == "E_CRC");
  CHECK(read_code(flipped(sound.find("hello"))).empty());  // a checksum over a remark
  const std::string few = png_file(3, 2, 8, 0, "\0\x01\x02\x03"s);
  CHECK(read_code(folder.put("a.png", few)) == "E_TRUNCATED");
}

TEST_CASE("no cut file is a picture") {
  const scratch_folder folder;
  const cv::Mat grey = sample_picture(50, 40, CV_16U), colour = sample_picture(50, 40, CV_8UC3);
  for (const char* name : {"a.png", "a.tiff", "a.pgm", "a.npy"}) {
    write_image(folder.path(name), grey);
    check_cuts(folder, name, folder.bytes(name), 37);
    write_image(folder.path(name), grey);
    const std::string all = folder.bytes(name);
    CHECK(read_code(folder.put(name, all.substr(0, all.size() - 1))) != "");
  }
  for (const char* name : {"a.png", "a.tiff", "a.ppm"}) {
    write_image(folder.path(name), colour);
    check_cuts(folder, name, folder.bytes(name), 41);
  }
  const std::string jpeg = with_orientation(half_black_jpeg(), 3, true);
  REQUIRE(read_code(folder.put("a.jpg", jpeg)).empty());
  check_cuts(folder, "a.jpg", jpeg, 1);
}

TEST_CASE("a JPEG written by hand has the pixels on paper, and its orientation is applied once") {
  const scratch_folder folder;
  const std::string jpeg = half_black_jpeg();
  cv::Mat stored(8, 16, CV_8U, cv::Scalar(0));
  stored.colRange(8, 16) = 255;
  CHECK(equal(read_image(folder.put("a.jpg", jpeg)), stored));
  const auto transposed = [](const cv::Mat& m) {
    cv::Mat t;
    cv::transpose(m, t);
    return t;
  };
  const auto flipped = [](const cv::Mat& m, int how) {
    cv::Mat t;
    cv::flip(m, t, how);
    return t;
  };
  // The table of the EXIF standard: where row 0 and column 0 of what is stored belong.
  const cv::Mat seen[] = {stored,
                          flipped(stored, 1),
                          flipped(stored, -1),
                          flipped(stored, 0),
                          transposed(stored),
                          flipped(transposed(stored), 1),
                          flipped(transposed(stored), -1),
                          flipped(transposed(stored), 0)};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big_endian : {false, true}) {
      const std::string path = folder.put("a.jpg", with_orientation(jpeg, orientation, big_endian));
      INFO("orientation " << orientation);
      const image_info info = probe_image(path);
      CHECK(info.orientation == orientation);
      CHECK(cv::Size(info.width, info.height) == seen[orientation - 1].size());
      CHECK(equal(read_image(path), seen[orientation - 1]));
    }
  }
}

TEST_CASE("damaged EXIF is ignored") {
  const scratch_folder folder;
  const std::string sound = with_orientation(half_black_jpeg(), 6, false);
  std::mt19937 draw(5);
  for (int trial = 0; trial < 2000; ++trial) {
    std::string file = sound;
    for (int k = 0; k < 3; ++k) file[12 + draw() % 26] = char(draw());
    const std::string path = folder.put("a.jpg", file);
    CHECK(read_code(path).empty());
  }
}

TEST_CASE("JPEGs of other kinds are refused with their reason") {
  const scratch_folder folder;
  std::string twelve = half_black_jpeg();
  twelve[twelve.find("\xFF\xC0"s) + 4] = 12;
  CHECK(read_code(folder.put("a.jpg", twelve)) == "E_UNSUPPORTED");
  std::string lossless = half_black_jpeg();
  lossless[lossless.find("\xFF\xC0"s) + 1] = '\xC3';
  CHECK(read_code(folder.put("a.jpg", lossless)) == "E_UNSUPPORTED");
}

TEST_CASE("a progressive JPEG is read, but not one of over a hundred scans") {
  const scratch_folder folder;
  const std::string baseline = half_black_jpeg();
  std::string file = baseline.substr(0, baseline.find("\xFF\xDA"s));
  file[file.find("\xFF\xC0"s) + 1] = '\xC2';
  // Two blocks of no difference, or without coefficients: twice the code 00.
  const auto scan = [](int first, int last, int bits) {
    return "\xFF\xDA\x00\x08\x01\x01\x00"s + char(first) + char(last) + char(bits) + "\x0F";
  };
  file += scan(0, 0, 0);
  const std::string coarse = file;
  for (int k = 1; k < 64; ++k) file += scan(k, k, 1);
  CHECK(read_code(folder.put("a.jpg", coarse + "\xFF\xD9")) == "E_TRUNCATED");
  CHECK(read_code(folder.put("a.jpg", file + "\xFF\xD9")) == "E_TRUNCATED");  // their last bits are to come
  std::string low;
  for (int k = 1; k < 6; ++k) low += scan(k, k, 0);
  CHECK(read_code(folder.put("a.jpg", coarse + low + "\xFF\xD9")).empty());  // an encoder may leave the rest out
  std::string halves;
  for (int k = 1; k < 64; ++k) halves += scan(k, k, 0);
  file = coarse + halves;
  CHECK(equal(read_image(folder.put("a.jpg", file + "\xFF\xD9")), cv::Mat(8, 16, CV_8U, cv::Scalar(128))));
  file = coarse;
  for (int k = 1; k < 64; ++k) file += scan(k, k, 1);
  for (int k = 1; k < 64; ++k) file += scan(k, k, 0x10);
  CHECK(read_code(folder.put("a.jpg", file + "\xFF\xD9")) == "E_LIMIT");
}

TEST_CASE("a TIFF written by hand has the pixels on paper") {
  const scratch_folder folder;
  const std::string four = "\x0A\x14\x1E\x28"s;
  SUBCASE("eight bits, and white at zero is inverted") {
    CHECK(equal(read_image(folder.put("a.tif", tiff_file(grey_tags(2, 2, 8, 1, 4), four))),
                (cv::Mat_<uchar>(2, 2) << 10, 20, 30, 40)));
    CHECK(equal(read_image(folder.put("a.tif", tiff_file(grey_tags(2, 2, 8, 0, 4), four))),
                (cv::Mat_<uchar>(2, 2) << 245, 235, 225, 215)));
  }
  SUBCASE("sixteen, four, two and one bit") {
    CHECK(equal(read_image(folder.put("a.tif", tiff_file(grey_tags(1, 2, 16, 1, 4), four))),
                (cv::Mat_<ushort>(2, 1) << 0x140A, 0x281E)));
    CHECK(equal(read_image(folder.put("a.tif", tiff_file(grey_tags(3, 1, 4, 1, 2), "\x3F\x00"s))),
                (cv::Mat_<uchar>(1, 3) << 51, 255, 0)));
    CHECK(equal(read_image(folder.put("a.tif", tiff_file(grey_tags(3, 1, 2, 1, 1), "\x1B"s))),
                (cv::Mat_<uchar>(1, 3) << 0, 85, 170)));
    CHECK(equal(read_image(folder.put("a.tif", tiff_file(grey_tags(3, 1, 1, 0, 1), "\x40"s))),
                (cv::Mat_<uchar>(1, 3) << 255, 0, 255)));
  }
  SUBCASE("orientation is applied") {
    auto tags = grey_tags(2, 1, 8, 1, 2);
    tags.insert(tags.begin() + 6, {274, 3, 1, 6});
    CHECK(equal(read_image(folder.put("a.tif", tiff_file(tags, "\x0A\x14"s))), (cv::Mat_<uchar>(2, 1) << 10, 20)));
  }
  SUBCASE("slices of a volume are not lost in silence") {
    auto tags = grey_tags(2, 1, 8, 1, 2);
    tags.push_back({32997, 4, 1, 1});
    CHECK(equal(read_image(folder.put("a.tif", tiff_file(tags, "\x0A\x14"s))), (cv::Mat_<uchar>(1, 2) << 10, 20)));
    tags.back() = {32997, 4, 1, 16};
    CHECK(read_code(folder.put("a.tif", tiff_file(tags, "\x0A\x14"s))) == "E_UNSUPPORTED");
  }
  SUBCASE("samples in planes") {
    std::string pixels = "\x01\x02\x0B\x0C\x15\x16"s;
    auto tags = grey_tags(2, 1, 8, 2, 2);
    // Three strips: their offsets and sizes lie behind the pixels.
    const std::string arrays =
        le32(8) + le32(10) + le32(12) + le32(2) + le32(2) + le32(2) + le16(8) + le16(8) + le16(8);
    tags[2] = {258, 3, 3, 8 + 6 + 24};
    tags[5] = {273, 4, 3, 8 + 6};
    tags[6] = {277, 3, 1, 3};
    tags[8] = {279, 4, 3, 8 + 6 + 12};
    tags.push_back({284, 3, 1, 2});
    const cv::Mat image = read_image(folder.put("a.tif", tiff_file(tags, pixels + arrays)));
    CHECK(image.at<cv::Vec3b>(0, 0) == cv::Vec3b(0x15, 0x0B, 0x01));
    CHECK(image.at<cv::Vec3b>(0, 1) == cv::Vec3b(0x16, 0x0C, 0x02));
  }
  SUBCASE("tiles that overhang") {
    std::vector<tiff_tag> tags = {{256, 3, 1, 17},      {257, 3, 1, 3},          {258, 3, 1, 8},  {259, 3, 1, 1},
                                  {262, 3, 1, 1},       {277, 3, 1, 1},          {322, 3, 1, 16}, {323, 3, 1, 16},
                                  {324, 4, 2, 8 + 512}, {325, 4, 2, 8 + 512 + 8}};
    std::string pixels(512, '\0');
    for (int i = 0; i < 512; ++i) pixels[std::size_t(i)] = char(i < 256 ? i : 255 - (i - 256) / 16);
    pixels += le32(8) + le32(8 + 256) + le32(256) + le32(256);
    const cv::Mat image = read_image(folder.put("a.tif", tiff_file(tags, pixels)));
    REQUIRE(image.size() == cv::Size(17, 3));
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < 16; ++x) CHECK(image.at<uchar>(y, x) == y * 16 + x);
      CHECK(image.at<uchar>(y, 16) == 255 - y);
    }
  }
  SUBCASE("several pages are refused") {
    const std::string path = folder.put("a.tif", tiff_file(grey_tags(2, 2, 8, 1, 4), four, 3));
    CHECK(read_code(path) == "E_PAGES");
    CHECK(probe_image(path).pages == 3);
  }
  SUBCASE("a directory that points to itself ends") {
    std::string file = tiff_file(grey_tags(2, 2, 8, 1, 4), four);
    const std::string back = le32(8 + 4);
    file.replace(file.size() - 4, 4, back);
    CHECK_NOTHROW(code_of([&] { read_image(folder.put("a.tif", file)); }));
  }
  SUBCASE("offsets past the end and 32-bit whole numbers are errors") {
    auto tags = grey_tags(2, 2, 8, 1, 4);
    tags[5].value = 100000;
    CHECK(read_code(folder.put("a.tif", tiff_file(tags, four))) != "");
    CHECK(read_code(folder.put("a.tif", tiff_file(grey_tags(1, 1, 32, 1, 4), four))) == "E_UNSUPPORTED");
  }
}

TEST_CASE("a float picture with NaN is refused") {
  const scratch_folder folder;
  cv::Mat image = sample_picture(9, 7, CV_32F);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    image.at<float>(4, 6) = bad;
    for (const char* name : {"a.tiff", "a.npy"}) {
      write_image(folder.path(name), image);
      CHECK(read_code(folder.path(name)) == "E_NONFINITE");
    }
  }
}

TEST_CASE("PGM keeps its values and its maxval") {
  const scratch_folder folder;
  const std::string path = folder.put("a.pgm", "P5 # film\n2\t1#wide\n4095\n\x0F\xFF\x00\x07"s);
  CHECK(probe_image(path).maxval == 4095);
  CHECK(equal(read_image(path), (cv::Mat_<ushort>(1, 2) << 4095, 7)));
  CHECK(
      equal(read_image(folder.put("a.pgm", "P2\n# plain\n3 1\n200\n0 200\n7"s)), (cv::Mat_<uchar>(1, 3) << 0, 200, 7)));
  CHECK(read_image(folder.put("a.ppm", "P6 1 1 255\n\x01\x02\x03"s)).at<cv::Vec3b>(0, 0) == cv::Vec3b(3, 2, 1));
  CHECK(equal(read_image(folder.put("a.pgm", "P5 1 1 255\n\x09\n"s)), (cv::Mat_<uchar>(1, 1) << 9)));
  for (const std::string& bad :
       {"P5 2 1 4095\n\x10\x00\x00\x07"s, "P2 1 1 9 10"s, "P5 -2 1 255\n\1\1"s, "P5 0 1 255\n"s, "P5 2 1 0\n\1\1"s,
        "P5 2 1 65536\n\1\1\1\1"s, "P5 99999999999999999999 1 255\n\1"s, "P5 2 1 255\n\1\1\1\1\1"s,
        "P5 2x1 255\n\1\1"s}) {
    CHECK_MESSAGE(read_code(folder.put("a.pgm", bad)) == "E_DECODE", bad);
  }
  CHECK(read_code(folder.put("a.pgm", "P5 2 1 255\n\1"s)) == "E_TRUNCATED");
  CHECK(read_code(folder.put("a.pgm", "P5 # a remark without end"s)) == "E_TRUNCATED");
  CHECK(read_code(folder.put("a.pgm", "P4 8 1\n\1"s)) == "E_UNSUPPORTED");
  CHECK(read_code(folder.put("a.pgm", "P5 2147483647 2147483647 65535\n\1"s)) == "E_TOO_LARGE");
}

TEST_CASE("a GIF is read through its palette") {
  const scratch_folder folder;
  // 2 x 1, palette: 0 white, 1 black; LZW of 2 bits: clear, 0, 1, end.
  const std::string head = "GIF89a\x02\0\x01\0\x80\0\0\xFF\xFF\xFF\0\0\0"s;
  const std::string frame = ",\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0A\0"s;
  const std::string path = folder.put("a.gif", head + frame + ";");
  CHECK(equal(read_image(path), (cv::Mat_<uchar>(1, 2) << 255, 0)));
  CHECK(equal(read_mask(path), (cv::Mat_<uchar>(1, 2) << 255, 0)));
  CHECK(read_code(folder.put("b.gif", head + frame + frame + ";")) == "E_PAGES");
  CHECK(read_code(folder.put("b.gif", head + frame)) == "E_TRUNCATED");
  const std::string see_through = "!\xF9\x04\x01\0\0\x01\0"s;
  CHECK(read_code(folder.put("b.gif", head + see_through + frame + ";")) == "E_UNSUPPORTED");
}

TEST_CASE("a file is what its first bytes say, and everything else is named") {
  const scratch_folder folder;
  write_image(folder.path("a.png"), sample_picture(4, 4, CV_8U));
  CHECK(read_code(folder.put("b.jpg", folder.bytes("a.png"))).empty());
  CHECK(read_code(folder.put("c.png", "<html><body>404"s)) == "E_FORMAT");
  CHECK(read_code(folder.put("c.png", ""s)) == "E_EMPTY");
  CHECK(read_code(folder.put("c.png", "BM\x10\0\0\0\0\0\0\0\0\0\0"s)) == "E_FORMAT");
  CHECK(read_code(folder.path("absent.png")) == "E_MISSING");
  CHECK(read_code(folder.path()) == "E_MISSING");
  CHECK(read_code("/dev/zero") == "E_MISSING");
  CHECK(read_code(std::string(5000, 'x')) == "E_MISSING");
  REQUIRE(::mkfifo(folder.path("pipe.png").c_str(), 0600) == 0);
  CHECK(read_code(folder.path("pipe.png")) == "E_MISSING");
  try {
    read_image(folder.put("c.png", "<html><body>404"s));
  } catch (const error& e) {
    CHECK(std::string(e.what()).find("<html>") != std::string::npos);
    CHECK(std::string(e.what()).find("c.png") != std::string::npos);
  }
}

TEST_CASE("a small file that announces a large picture is refused from its header") {
  const scratch_folder folder;
  const std::string header = be32(50000) + be32(50000) + "\x10\x06\0\0\0"s;
  std::string bomb = png_magic + png_chunk("IHDR", header) +
                     png_chunk("IDAT", std::string(312 - 8 - 25 - 12 - 12, '\x78')) + png_chunk("IEND", "");
  REQUIRE(bomb.size() == 312);
  CHECK(read_code(folder.put("a.png", bomb)) == "E_TOO_LARGE");
  CHECK(code_of([&] { probe_image(folder.path("a.png")); }) == "E_TOO_LARGE");
  // Within the pixels allowed, but not within what so few bytes can hold.
  const std::string square = be32(16000) + be32(16000) + "\x08\x00\0\0\0"s;
  CHECK(read_code(folder.put("a.png", png_magic + png_chunk("IHDR", square) + png_chunk("IDAT", "xxxx"))) ==
        "E_TRUNCATED");
  write_image(folder.path("b.tiff"), sample_picture(20, 30, CV_16UC3));
  for (const char* name : {"b.tiff"}) {
    CHECK(read_code(folder.path(name), {.max_pixels = 599}) == "E_TOO_LARGE");
    CHECK(read_code(folder.path(name), {.max_pixels = 600}).empty());
    CHECK(read_code(folder.path(name), {.max_bytes = 3599}) == "E_TOO_LARGE");
    CHECK(read_code(folder.path(name), {.max_bytes = 3600}).empty());
  }
}

TEST_CASE("a mask is 255 where any channel is not zero") {
  const scratch_folder folder;
  cv::Mat colour(1, 3, CV_8UC3, cv::Scalar(0, 0, 0));
  colour.at<cv::Vec3b>(0, 1) = {0, 1, 0};
  colour.at<cv::Vec3b>(0, 2) = {0, 0, 200};
  write_image(folder.path("a.png"), colour);
  CHECK(equal(read_mask(folder.path("a.png"), {}, {3, 1}), (cv::Mat_<uchar>(1, 3) << 0, 255, 255)));
  CHECK_THROWS_AS(read_mask(folder.path("a.png"), {}, {1, 3}), const error&);
  CHECK(equal(read_mask(folder.path("a.png")), (cv::Mat_<uchar>(1, 3) << 0, 255, 255)));
  write_image(folder.path("b.png"), (cv::Mat_<ushort>(1, 3) << 0, 1, 65535));
  CHECK(equal(read_mask(folder.path("b.png")), (cv::Mat_<uchar>(1, 3) << 0, 255, 255)));
}

TEST_CASE("what a format cannot hold is refused, and nothing is left") {
  const scratch_folder folder;
  const auto write_code = [&](const char* name, const cv::Mat& image) {
    return code_of([&] { write_image(folder.path(name), image); });
  };
  CHECK(write_code("a.png", sample_picture(3, 3, CV_32F)) == "E_UNSUPPORTED");
  CHECK(write_code("a.pgm", sample_picture(3, 3, CV_8UC3)) == "E_UNSUPPORTED");
  CHECK(write_code("a.ppm", sample_picture(3, 3, CV_8U)) == "E_UNSUPPORTED");
  CHECK(write_code("a.jpg", sample_picture(3, 3, CV_8U)) == "E_UNSUPPORTED");
  CHECK(write_code("a", sample_picture(3, 3, CV_8U)) == "E_UNSUPPORTED");
  CHECK(write_code("a.png", cv::Mat()) == "E_UNSUPPORTED");
  CHECK(write_code("a.png", cv::Mat(2, 2, CV_8UC4)) == "E_UNSUPPORTED");
  CHECK(write_code("absent/a.png", sample_picture(3, 3, CV_8U)) == "E_WRITE");
  CHECK(folder.entries() == 0);
}

TEST_CASE("a picture in .npy is red, green, blue, as NumPy's readers expect") {
  const scratch_folder folder;
  cv::Mat colour(1, 1, CV_8UC3, cv::Scalar(3, 2, 1));
  write_image(folder.path("a.npy"), colour);
  const cv::Mat values = read_tensor(folder.path("a.npy"));
  REQUIRE(values.dims == 3);
  CHECK(values.data[0] == 1);
  CHECK(values.data[2] == 3);
  write_tensor(folder.path("b.npy"), cv::Mat(4, 5, CV_64F, cv::Scalar(0)));
  CHECK(read_code(folder.path("b.npy")) == "E_UNSUPPORTED");
}

TEST_CASE("random bytes behind a known beginning never crash a decoder") {
  const scratch_folder folder;
  std::mt19937 draw(11);
  cv::Mat image = sample_picture(13, 17, CV_8U);
  std::vector<std::string> seeds = {
      half_black_jpeg(), "P5 2 2 255\n\1\2\3\4"s, "P2 2 2 9\n1 2 3 4"s,
      "GIF89a\x02\0\x01\0\x80\0\0\xFF\xFF\xFF\0\0\0,\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0A\0;"s,
      tiff_file(grey_tags(2, 2, 8, 1, 4), "\x0A\x14\x1E\x28"s)};
  for (const char* name : {"a.png", "a.tiff", "a.npy"}) {
    write_image(folder.path(name), image);
    seeds.push_back(folder.bytes(name));
  }
  const image_limits small{.max_pixels = 1 << 20, .max_bytes = 1 << 22};
  int read = 0, refused = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    std::string file = seeds[std::size_t(trial) % seeds.size()];
    for (unsigned k = 0; k < 1 + draw() % 4; ++k) file[4 + draw() % (file.size() - 4)] = char(draw());
    if (draw() % 5 == 0) file.resize(draw() % (file.size() + 1));
    const std::string path = folder.put("fuzz", file);
    const std::string code = read_code(path, small);
    ++(code.empty() ? read : refused);
    code_of([&] { probe_image(path, small); });
  }
  CHECK(read + refused == 4000);
  CHECK(refused > 1000);
}

TEST_CASE("fields of view in GIF are those rewritten as PNG, and photographs of the reference data are read") {
  const std::filesystem::path root = std::filesystem::path(MEDVISION_REFERENCE) / "data";
  if (!std::filesystem::is_directory(root / "chase_db1")) {
    MESSAGE("SKIPPED: " << (root / "chase_db1").native() << " is absent");
    return;
  }
  int masks = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root / "chase_db1/fov")) {
    const std::string stem = entry.path().stem().native();
    CHECK_MESSAGE(
        equal(read_mask(entry.path().native()), read_mask((root / "chase_db1/fov_png" / (stem + ".png")).native())),
        stem);
    CHECK(probe_image((root / "chase_db1/images" / (stem + ".jpg")).native()).width == 999);
    ++masks;
  }
  CHECK(masks == 28);
}

TEST_CASE("every odd and broken file of the reference data is read or refused in bounded time") {
  const std::filesystem::path root = std::filesystem::path(MEDVISION_REFERENCE) / "data/malformed";
  if (!std::filesystem::is_directory(root)) {
    MESSAGE("SKIPPED: " << root.native() << " is absent");
    return;
  }
  int files = 0, read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path().native(), name = entry.path().filename().native();
    const auto start = std::chrono::steady_clock::now();
    const std::string code = read_code(path, {.max_pixels = 1 << 26, .max_bytes = 1 << 28});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CHECK_MESSAGE(seconds < 10, path);
    const bool environment = code == "E_READ" || code == "E_NOMEM" || code == "E_MISSING" || code == "E_WRITE";
    CHECK_MESSAGE(!environment, path << ": " << code);
    if (code.empty()) {
      const image_info info = probe_image(path);
      const cv::Mat image = read_image(path);
      CHECK_MESSAGE((image.cols == info.width && image.rows == info.height && image.channels() == info.channels &&
                     image.depth() == info.depth),
                    path);
    }
    // PngSuite names its damaged files x…; all others of it are sound.
    if (path.find("pngsuite/png/x") != std::string::npos) CHECK_MESSAGE(!code.empty(), path);
    ++files;
    read += code.empty();
  }
  MESSAGE(files << " files, " << read << " read");
  CHECK(files > 100);
  CHECK(read > 100);
}
