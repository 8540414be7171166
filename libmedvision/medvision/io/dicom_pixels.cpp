// SPDX-License-Identifier: Apache-2.0
// One frame of pixel data, wherever it lies and however it is coded, to stored values.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/io/dicom_header.hpp"

namespace medvision {
namespace {

std::size_t pixels_of(const dicom_header& h) { return std::size_t(h.width) * std::size_t(h.height); }
std::size_t samples_of(const dicom_header& h) { return pixels_of(h) * std::size_t(h.samples); }
std::size_t frame_bytes(const dicom_header& h) { return (samples_of(h) * std::size_t(h.bits_allocated) + 7) / 8; }

/// Bit by bit, the lowest of a byte first. from: in bits.
cv::Mat unpack_bits(std::span<const unsigned char> bytes, std::size_t from, const dicom_header& h) {
  cv::Mat codes(h.height, h.width, CV_8U);
  for (int y = 0; y < h.height; ++y)
    for (int x = 0; x < h.width; ++x, ++from) codes.at<uchar>(y, x) = uchar(bytes[from / 8] >> from % 8 & 1);
  return codes;
}

/// Y1 Y2 Cb Cr of each pair of pixels to three samples a pixel.
std::vector<unsigned char> spread_422(std::span<const unsigned char> bytes) {
  std::vector<unsigned char> out;
  out.reserve(bytes.size() / 4 * 6);
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4)
    out.insert(out.end(), {bytes[i], bytes[i + 2], bytes[i + 3], bytes[i + 1], bytes[i + 2], bytes[i + 3]});
  return out;
}

cv::Mat read_native(dicom_elements& file, const dicom_element& e, const dicom_header& h, int frame) {
  if (e.undefined_length) throw error("E_DECODE", "DICOM: pixels in fragments, in a transfer syntax without");
  const auto index = std::size_t(frame);
  const bool halved = h.photometric == "YBR_FULL_422" && h.bits_allocated == 8 && h.width % 2 == 0 &&
                      e.length / 2 * 2 == pixels_of(h) * 2 * std::size_t(h.frames);
  const std::size_t bits = halved ? pixels_of(h) * 16 : samples_of(h) * std::size_t(h.bits_allocated);
  const std::size_t from = index * bits / 8, to = ((index + 1) * bits + 7) / 8;
  if (to > e.length)
    throw error("E_TRUNCATED", fmt::format("DICOM: the pixel data have {} bytes, expected {}", e.length,
                                           (bits * std::size_t(h.frames) + 7) / 8));
  std::vector<unsigned char> bytes(to - from);
  file.read(e.offset + from, bytes.data(), bytes.size());
  if (h.bits_allocated == 1) return unpack_bits(bytes, index * bits % 8, h);
  return halved ? arrange_samples(spread_422(bytes), h, false, false)
                : arrange_samples(bytes, h, h.planar, file.big_endian());
}

std::string join(dicom_elements& file, std::span<const dicom_extent> parts) {
  std::string whole;
  for (const dicom_extent& part : parts) {
    const std::size_t done = whole.size();
    whole.resize(done + part.length);
    file.read(part.offset, whole.data() + done, part.length);
  }
  return whole;
}

bool begins_bitstream(dicom_elements& file, const dicom_extent& part) {
  unsigned char p[2] = {};
  if (part.length >= 2) file.read(part.offset, p, 2);
  return p[0] == 0xFF && (p[1] == 0xD8 || p[1] == 0x4F);
}

/// Fragments of frame `frame`: one a frame, or those between two offsets, or those up to the next beginning.
std::span<const dicom_extent> fragments_of(dicom_elements& file, const std::vector<dicom_extent>& all,
                                           const dicom_header& h, int frame) {
  if (all.size() < 2) throw error("E_TRUNCATED", "DICOM: the pixel data hold no fragment");
  const std::span<const dicom_extent> parts = std::span(all).subspan(1);
  if (h.frames == 1) return parts;
  const auto frames = std::size_t(h.frames);
  if (parts.size() == frames) return parts.subspan(std::size_t(frame), 1);
  std::vector<std::size_t> first;
  if (all[0].length == 4 * frames) {
    std::vector<unsigned char> table(all[0].length);
    file.read(all[0].offset, table.data(), table.size());
    for (std::size_t i = 0; i < frames; ++i) {
      const unsigned char* p = table.data() + 4 * i;
      const std::size_t offset =
          std::size_t(p[0]) | std::size_t(p[1]) << 8 | std::size_t(p[2]) << 16 | std::size_t(p[3]) << 24;
      const auto found = std::ranges::find(parts, parts[0].offset + offset, &dicom_extent::offset);
      if (found == parts.end()) throw error("E_DECODE", "DICOM: the offset table points beside the fragments");
      first.push_back(std::size_t(found - parts.begin()));
    }
  } else {
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (begins_bitstream(file, parts[i])) first.push_back(i);
  }
  if (first.size() != frames || !std::ranges::is_sorted(first))
    throw error("E_DECODE", fmt::format("DICOM: {} fragments for {} frames, without a table", parts.size(), frames));
  first.push_back(parts.size());
  const std::size_t begin = first[std::size_t(frame)], end = first[std::size_t(frame) + 1];
  if (begin >= end) throw error("E_DECODE", "DICOM: a frame without fragments");
  return parts.subspan(begin, end - begin);
}

cv::Mat from_rle(const std::string& frame, const dicom_header& h) {
  if (h.bits_allocated == 1) return unpack_bits(decode_rle(frame, frame_bytes(h), 1), 0, h);
  const int size = h.bits_allocated / 8;
  std::vector<unsigned char> planes = decode_rle(frame, frame_bytes(h), h.samples * size);
  if (size == 1) return arrange_samples(planes, h, true, false);
  // Each sample has its high bytes in one plane and its low bytes in the next.
  std::vector<unsigned char> words(planes.size());
  const std::size_t pixels = pixels_of(h);
  for (std::size_t c = 0; c < std::size_t(h.samples); ++c)
    for (std::size_t i = 0; i < pixels; ++i)
      for (std::size_t b = 0; b < 2; ++b) words[2 * (c * pixels + i) + b] = planes[(2 * c + b) * pixels + i];
  return arrange_samples(words, h, true, true);
}

/// No overlay lies in the high bits of a bitstream: there they are the sign's, or a value is larger than the header
/// says. Lossy codecs overshoot a little, which is cut to the nearest value. Signed values come as codes of the bits
/// stored, or as words whose sign is extended: in a frame of such words a code that has only its own sign bit is none.
void fit(cv::Mat& codes, const dicom_header& h, const bitstream_size& coded, bool lossy) {
  const int all = codes.depth() == CV_8U ? 0xFF : 0xFFFF, samples = codes.cols * codes.channels();
  const int bits = std::min(h.bits_stored, codes.depth() == CV_8U ? 8 : 16), mask = (1 << bits) - 1;
  const int half = (mask + 1) / 2, above = all & ~mask;
  const auto each = [&](const auto& change) {
    const auto row = [&](auto* p) {
      for (int x = 0; x < samples; ++x) p[x] = std::remove_reference_t<decltype(*p)>(change(p[x]));
    };
    for (int y = 0; y < codes.rows; ++y) codes.depth() == CV_8U ? row(codes.ptr<uchar>(y)) : row(codes.ptr<ushort>(y));
  };
  bool words = h.is_signed && coded.bits > bits && coded.is_signed;
  if (h.is_signed && coded.bits > bits && !words && above != 0)  // only JPEG 2000 says so: do the values?
    each([&](int v) {
      words = words || (v & above) == above;
      return v;
    });
  each([&](int v) {
    const int value = words && v > all / 2 ? v - all - 1 : v;
    const int least = words ? -half : 0, most = words ? half - 1 : mask;
    if (value >= least && value <= most) return value & mask;
    if (h.is_signed && !words && (v & above) == above && (v & half) != 0) return v & mask;
    if (lossy && (words || !h.is_signed) && value >= 2 * least && value <= 2 * most)
      return std::clamp(value, least, most) & mask;
    throw error("E_DICOM_VALUE",
                fmt::format("DICOM: the bitstream holds the value {}, the header says {} bits", value, bits));
  });
}

cv::Mat from_bitstream(const std::string& frame, const dicom_syntax& syntax, const dicom_header& h) {
  const bitstream_size size = read_bitstream_size(frame, syntax.coding);
  if (size.width != h.width || size.height != h.height || size.samples != h.samples)
    throw error("E_DICOM_VALUE", fmt::format("DICOM: the bitstream has {} x {} pixels of {} samples, the header says "
                                             "{} x {} of {}",
                                             size.width, size.height, size.samples, h.width, h.height, h.samples));
  dicom_header as_coded = h;
  as_coded.bits_allocated = size.bits > 8 ? 16 : 8;
  if (size.bits > 16 || as_coded.bits_allocated > std::max(8, h.bits_allocated))
    throw error("E_DICOM_VALUE",
                fmt::format("DICOM: the bitstream has {} bits a sample, the header {}", size.bits, h.bits_allocated));
  const dicom_frame_format format{h.width, h.height, h.samples, as_coded.bits_allocated, size.bits, h.is_signed};
  const dicom_samples samples = decode_bitstream(frame, syntax, format, h.photometric);
  cv::Mat codes = arrange_samples(samples.bytes, as_coded, false, false);
  if (codes.depth() == CV_8U && h.bits_stored > 8 && h.is_signed && size.is_signed) {
    cv::Mat words;  // the sign is the eighth bit's
    cv::Mat(codes.size(), CV_8SC(codes.channels()), codes.data, codes.step).convertTo(words, CV_16S);
    codes = cv::Mat(words.size(), CV_16UC(words.channels()), words.data, words.step).clone();
  }
  fit(codes, h, size, !is_lossless(syntax));
  return codes;
}

/// The stored bits moved to the bottom, the others cleared: overlays and dirt may lie there.
void align(cv::Mat& codes, int shift, int bits) {
  const int mask = (1 << bits) - 1, samples = codes.cols * codes.channels();
  const auto row = [&](auto* p) {
    for (int x = 0; x < samples; ++x) p[x] = std::remove_reference_t<decltype(*p)>(p[x] >> shift & mask);
  };
  for (int y = 0; y < codes.rows; ++y) codes.depth() == CV_8U ? row(codes.ptr<uchar>(y)) : row(codes.ptr<ushort>(y));
}

}  // namespace

cv::Mat arrange_samples(std::span<const unsigned char> bytes, const dicom_header& h, bool planar, bool big_endian) {
  const int size = h.bits_allocated / 8, channels = h.samples;
  cv::Mat codes(h.height, h.width, CV_MAKETYPE(size == 1 ? CV_8U : CV_16U, channels));
  const std::size_t pixels = pixels_of(h);
  for (std::size_t i = 0; i < pixels; ++i)
    for (int c = 0; c < channels; ++c) {
      const std::size_t at = planar ? std::size_t(c) * pixels + i : i * std::size_t(channels) + std::size_t(c);
      if (size == 1) {
        codes.ptr<uchar>()[i * std::size_t(channels) + std::size_t(c)] = bytes[at];
      } else {
        const unsigned char low = bytes[2 * at + (big_endian ? 1 : 0)], high = bytes[2 * at + (big_endian ? 0 : 1)];
        codes.ptr<ushort>()[i * std::size_t(channels) + std::size_t(c)] = ushort(low | high << 8);
      }
    }
  return codes;
}

cv::Mat read_codes(dicom_elements& file, const dicom_header& h, int frame) {
  const dicom_syntax& syntax = dicom_syntax_of(file.transfer_syntax());
  const dicom_element& e = *dicom_elements::find(file.top(), dicom_pixel_data);
  cv::Mat codes;
  if (syntax.coding == dicom_coding::native) {
    codes = read_native(file, e, h, frame);
    align(codes, h.high_bit + 1 - h.bits_stored, h.bits_stored);
    return codes;
  }
  if (!e.undefined_length) throw error("E_DECODE", "DICOM: a compressed transfer syntax without fragments");
  const std::vector<dicom_extent> all = file.fragments(e);
  const std::string packed = join(file, fragments_of(file, all, h, frame));
  if (syntax.coding == dicom_coding::rle) {
    codes = from_rle(packed, h);
    align(codes, h.high_bit + 1 - h.bits_stored, h.bits_stored);
  } else if (syntax.coding == dicom_coding::deflated) {
    inflater unpacked(packed);
    const std::span<const unsigned char> bytes = unpacked.first(frame_bytes(h) + 1);
    if (bytes.size() < frame_bytes(h)) throw error("E_TRUNCATED", "DICOM: a deflated frame is short");
    codes = h.bits_allocated == 1 ? unpack_bits(bytes, 0, h) : arrange_samples(bytes, h, h.planar, false);
    align(codes, h.high_bit + 1 - h.bits_stored, h.bits_stored);
  } else {
    codes = from_bitstream(packed, syntax, h);
  }
  return codes;
}

}  // namespace medvision
