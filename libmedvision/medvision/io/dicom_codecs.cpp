// SPDX-License-Identifier: Apache-2.0
// Everything of the codecs that needs no codec library but zlib.
#include "medvision/io/dicom_codecs.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "medvision/error.hpp"

namespace medvision {
namespace {

using enum dicom_coding;
constexpr dicom_syntax syntaxes[] = {
    {"1.2.840.10008.1.2", "implicit-little", native},
    {"1.2.840.10008.1.2.1", "explicit-little", native},
    {"1.2.840.10008.1.2.1.99", "deflated", native},
    {"1.2.840.10008.1.2.2", "explicit-big", native},
    {"1.2.840.10008.1.2.8.1", "deflated-frames", deflated},
    {"1.2.840.10008.1.2.5", "rle", rle},
    {"1.2.840.10008.1.2.4.50", "jpeg-baseline", jpeg},
    {"1.2.840.10008.1.2.4.51", "jpeg-extended", jpeg},
    {"1.2.840.10008.1.2.4.53", "jpeg-spectral", jpeg},
    {"1.2.840.10008.1.2.4.55", "jpeg-progressive", jpeg},
    {"1.2.840.10008.1.2.4.57", "jpeg-lossless", jpeg},
    {"1.2.840.10008.1.2.4.70", "jpeg-lossless-sv1", jpeg},
    {"1.2.840.10008.1.2.4.80", "jpeg-ls", jpeg_ls},
    {"1.2.840.10008.1.2.4.81", "jpeg-ls-near", jpeg_ls},
    {"1.2.840.10008.1.2.4.90", "jpeg-2000-lossless", jpeg_2000},
    {"1.2.840.10008.1.2.4.91", "jpeg-2000", jpeg_2000},
};

int byte_at(std::string_view s, std::size_t i) { return static_cast<unsigned char>(s[i]); }
std::uint32_t big(std::string_view s, std::size_t i, int size) {
  std::uint32_t value = 0;
  for (int k = 0; k < size; ++k) value = value << 8 | std::uint32_t(byte_at(s, i + std::size_t(k)));
  return value;
}

/// One segment of RLE: literal runs and repeats, until `size` bytes are there.
void unpack(std::string_view packed, unsigned char* to, std::size_t size) {
  std::size_t done = 0;
  for (std::size_t i = 0; done < size;) {
    if (i >= packed.size()) throw error("E_TRUNCATED", "RLE: a segment is cut");
    const int code = static_cast<signed char>(packed[i++]);
    if (code == -128) continue;
    const std::size_t n = std::min(size - done, std::size_t(code < 0 ? 1 - code : code + 1));
    const std::size_t used = code < 0 ? 1 : std::size_t(code + 1);
    if (packed.size() - i < std::min(used, n)) throw error("E_TRUNCATED", "RLE: a segment is cut");
    for (std::size_t k = 0; k < n; ++k) to[done + k] = static_cast<unsigned char>(packed[code < 0 ? i : i + k]);
    done += n, i += used;
  }
}

bitstream_size jpeg_size(std::string_view s) {
  for (std::size_t i = 2; i + 4 <= s.size();) {
    if (byte_at(s, i) != 0xFF) break;
    const int marker = byte_at(s, i + 1);
    if (marker == 0xFF) {
      ++i;
      continue;
    }
    const bool frame =
        (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) || marker == 0xF7;
    const bool lossless = marker == 0xC3 || marker == 0xF7;
    if (frame && i + 10 <= s.size() && !lossless && byte_at(s, i + 4) != 8 && byte_at(s, i + 4) != 12)
      throw error("E_DECODE", fmt::format("JPEG: {} bits a sample, expected 8 or 12", byte_at(s, i + 4)));
    if (frame && i + 10 <= s.size())
      return {int(big(s, i + 7, 2)), int(big(s, i + 5, 2)), byte_at(s, i + 9), byte_at(s, i + 4), marker == 0xC3};
    if (marker == 0xDA) break;
    i += 2 + big(s, i + 2, 2);
  }
  throw error("E_DECODE", "JPEG: the bitstream has no frame header");
}

/// Codecs leave tiles black that are not there: every one must have a tile-part (SOT; T.800, A.4.2). begin: of the
/// codestream, where SOC and SIZ stand.
void check_tiles(std::string_view s, std::size_t begin) {
  const std::uint64_t width = big(s, begin + 24, 4), height = big(s, begin + 28, 4);
  const std::uint64_t left = big(s, begin + 32, 4), top = big(s, begin + 36, 4);
  const std::uint64_t right = big(s, begin + 8, 4), bottom = big(s, begin + 12, 4);
  if (width == 0 || height == 0 || left >= right || top >= bottom)
    throw error("E_DECODE", "JPEG 2000: the bitstream has tiles of no size");
  const std::uint64_t count = ((right - left + width - 1) / width) * ((bottom - top + height - 1) / height);
  if (count > 65535) throw error("E_DECODE", fmt::format("JPEG 2000: {} tiles, 65535 can be", count));
  std::vector<bool> met(count);
  std::size_t at = begin + 2;
  while (at + 4 <= s.size() && big(s, at, 2) != 0xFF90) at += 2 + big(s, at + 2, 2);  // the main header
  while (at + 12 <= s.size() && big(s, at, 2) == 0xFF90) {
    const std::uint32_t tile = big(s, at + 4, 2), length = big(s, at + 6, 4);
    if (tile >= count) throw error("E_DECODE", fmt::format("JPEG 2000: tile {} of {}", tile, count));
    met[tile] = true;
    if (length == 0) break;  // up to the end
    if (length < 14 || length > s.size() - at) throw error("E_TRUNCATED", "JPEG 2000: a tile-part is cut");
    at += length;
  }
  const auto there = std::count(met.begin(), met.end(), true);
  if (std::uint64_t(there) < count)
    throw error("E_TRUNCATED", fmt::format("JPEG 2000: {} of {} tiles are there", there, count));
}

bitstream_size jpeg_2000_size(std::string_view s) {
  using namespace std::literals;
  const std::size_t at = s.find("\xFF\x4F\xFF\x51"sv);
  if (at == std::string_view::npos || s.size() - at < 45)
    throw error("E_DECODE", "JPEG 2000: the bitstream has no SIZ");
  const std::uint32_t right = big(s, at + 8, 4), bottom = big(s, at + 12, 4), left = big(s, at + 16, 4),
                      top = big(s, at + 20, 4);
  if (right <= left || bottom <= top || right > 0x7FFFFFFF || bottom > 0x7FFFFFFF)
    throw error("E_DECODE", "JPEG 2000: the bitstream has no size");
  check_tiles(s, at);
  const int form = byte_at(s, at + 42);
  return {int(right - left), int(bottom - top), int(big(s, at + 40, 2)), (form & 0x7F) + 1, false, (form & 0x80) != 0};
}

}  // namespace

const dicom_syntax& dicom_syntax_of(const std::string& uid) {
  const auto* found = std::ranges::find(syntaxes, uid, &dicom_syntax::uid);
  if (found == std::end(syntaxes)) {
    const bool plain = uid.size() <= 64 && uid.find_first_not_of("0123456789.") == std::string::npos;
    throw error("E_UNSUPPORTED", fmt::format("DICOM: transfer syntax {}, for which there is no decoder",
                                             plain ? uid : "that is no UID"));
  }
  return *found;
}

bool is_lossless(const dicom_syntax& syntax) {
  const bool changes = syntax.coding == jpeg_2000 ? syntax.name == "jpeg-2000"
                       : syntax.coding == jpeg_ls ? syntax.name == "jpeg-ls-near"
                                                  : syntax.coding == jpeg && !syntax.name.starts_with("jpeg-lossless");
  return !changes;
}

struct inflater::state {
  std::string packed;
  z_stream z{};
  std::size_t fed = 0;
  std::vector<unsigned char> out;
  bool ended = false, cut = false, damaged = false;
};

inflater::inflater(std::string packed) : state_(std::make_unique<state>()) {
  state_->packed = std::move(packed);
  state_->z.next_in = reinterpret_cast<Bytef*>(state_->packed.data());
  if (::inflateInit2(&state_->z, -MAX_WBITS) != Z_OK) throw error("E_NOMEM", "zlib cannot begin", blame::environment);
}
inflater::~inflater() { ::inflateEnd(&state_->z); }

std::span<const unsigned char> inflater::first(std::size_t size) {
  constexpr std::size_t piece = std::size_t{1} << 30;  // zlib counts in 32 bits
  state& s = *state_;
  while (s.out.size() < size && !s.ended) {
    // Only now: what lies ahead of the last wish may never be asked for.
    if (s.cut) throw error("E_TRUNCATED", "the deflated data are cut");
    if (s.damaged) throw error("E_DECODE", "the deflated data are damaged");
    if (s.z.avail_in == 0) {
      s.z.avail_in = uInt(std::min(s.packed.size() - s.fed, piece));
      s.fed += s.z.avail_in;
    }
    // A step ahead of small wishes, and no more than a large one.
    const std::size_t done = s.out.size(), space = std::clamp(size - done, std::size_t{65536}, piece);
    if (done + space > s.out.capacity())
      s.out.reserve(std::max({done + space, size, s.out.capacity() + std::min(s.out.capacity(), piece / 4)}));
    s.out.resize(done + space);
    s.z.next_out = s.out.data() + done;
    s.z.avail_out = uInt(space);
    const int status = ::inflate(&s.z, Z_NO_FLUSH);
    s.out.resize(done + space - s.z.avail_out);
    s.ended = status == Z_STREAM_END;
    s.cut =
        status == Z_BUF_ERROR || (status == Z_OK && s.z.avail_in == 0 && s.fed == s.packed.size() && s.z.avail_out > 0);
    s.damaged = !s.ended && !s.cut && status != Z_OK;
  }
  return std::span(s.out).first(std::min(size, s.out.size()));
}

std::vector<unsigned char> decode_rle(std::string_view frame, std::size_t expected, int planes) {
  if (frame.size() < 64) throw error("E_TRUNCATED", "RLE: the frame has no header");
  const auto little = [&](std::size_t i) {
    return std::size_t(byte_at(frame, i)) | std::size_t(byte_at(frame, i + 1)) << 8 |
           std::size_t(byte_at(frame, i + 2)) << 16 | std::size_t(byte_at(frame, i + 3)) << 24;
  };
  const std::size_t segments = little(0);
  if (segments != std::size_t(planes))
    throw error("E_DECODE", fmt::format("RLE: {} segments, expected {}", segments, planes));
  std::vector<unsigned char> out(expected);
  const std::size_t plane = expected / std::size_t(planes);
  for (std::size_t s = 0; s < segments; ++s) {
    const std::size_t from = little(4 + 4 * s), to = s + 1 < segments ? little(8 + 4 * s) : frame.size();
    if (from < 64 || from > to || to > frame.size()) throw error("E_DECODE", "RLE: a segment lies outside the frame");
    unpack(frame.substr(from, to - from), out.data() + s * plane, plane);
  }
  return out;
}

bitstream_size read_bitstream_size(std::string_view frame, dicom_coding coding) {
  // Fragments of odd length are filled up, by zeros or by the first byte of a marker that never comes.
  const std::size_t last = frame.find_last_not_of(std::string_view("\0\xFF", 2));
  if (last == std::string_view::npos || last < 4 || byte_at(frame, last) != 0xD9 || byte_at(frame, last - 1) != 0xFF)
    throw error("E_TRUNCATED", "JPEG: the bitstream has no end");
  if (coding == jpeg_2000) return jpeg_2000_size(frame);
  if (frame.size() < 4 || byte_at(frame, 0) != 0xFF || byte_at(frame, 1) != 0xD8)
    throw error("E_DECODE", "JPEG: the bitstream does not begin as one");
  return jpeg_size(frame);
}

void check_holds(std::size_t bytes, const dicom_syntax& syntax, const dicom_frame_format& format) {
  if (syntax.coding != jpeg) return;
  // A difference takes a bit at least, and so does a block of 8×8 of what is transformed.
  const std::int64_t most = std::int64_t(bytes) * (is_lossless(syntax) ? 8 : 512);
  if (std::int64_t(format.width) * format.height > most)
    throw error("E_TRUNCATED",
                fmt::format("JPEG: {} bytes cannot hold {} x {} pixels", bytes, format.width, format.height));
}

}  // namespace medvision
