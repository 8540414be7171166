// SPDX-License-Identifier: Apache-2.0
// Compressed frames of DICOM to samples, for dicom_file. What the bitstream says of itself is held against the header
// before a codec is called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace medvision {

/// How the pixels of a file are coded.
enum class dicom_coding { native, rle, deflated, jpeg, jpeg_ls, jpeg_2000 };

/// A transfer syntax: its UID, the word for it in records, its coding.
struct dicom_syntax {
  std::string_view uid, name;
  dicom_coding coding;
};

/// Throws E_UNSUPPORTED naming the UID.
const dicom_syntax& dicom_syntax_of(const std::string& uid);

/// False where the coding may change values.
bool is_lossless(const dicom_syntax& syntax);

/// What a frame must decode to.
struct dicom_frame_format {
  int width = 0, height = 0, samples = 1;
  int bits_allocated = 8;  ///< of a sample in the result: 8 or 16
  int bits_stored = 8;
  bool is_signed = false;
};

/// One frame, decoded: little-endian samples, pixel by pixel.
struct dicom_samples {
  std::vector<unsigned char> bytes;
  int bits_allocated = 8;
};

/// Raw deflate (RFC 1951), only as far as it is asked for.
class inflater {
 public:
  explicit inflater(std::string packed);
  ~inflater();
  /// The first `size` bytes, or all that there are; good until the next call. Throws E_TRUNCATED where the packed bytes
  /// end before, E_DECODE.
  std::span<const unsigned char> first(std::size_t size);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// PS3.5 annex G. expected: bytes of a frame. Returns the byte planes behind one another, the high byte of the first
/// sample first. Throws E_TRUNCATED, E_DECODE.
std::vector<unsigned char> decode_rle(std::string_view frame, std::size_t expected, int planes);

/// What a JPEG, JPEG-LS or JPEG 2000 bitstream says of itself.
struct bitstream_size {
  int width = 0, height = 0, samples = 0, bits = 0;
  bool lossless = false;   ///< of a JPEG: Huffman-coded differences (SOF3)
  bool is_signed = false;  ///< of JPEG 2000, the only one that says so
};
/// Reads its header. Throws E_DECODE when there is none, E_TRUNCATED when its end is missing: codecs fill in the rest.
bitstream_size read_bitstream_size(std::string_view frame, dicom_coding coding);

/// Memory is not for lies: throws E_TRUNCATED for a JPEG of fewer bits than its pixels need.
void check_holds(std::size_t bytes, const dicom_syntax& syntax, const dicom_frame_format& format);

/// By GDCM's codecs in a process of their own, the bitstream's size having been checked. Throws as check_holds,
/// E_DECODE (the codec fails, dies or does not end, or gives another number of bytes), E_NOMEM (environment: no
/// process), E_BUILD (environment) in a build without GDCM.
dicom_samples decode_bitstream(const std::string& frame, const dicom_syntax& syntax, const dicom_frame_format& format,
                               std::string_view photometric);

}  // namespace medvision
