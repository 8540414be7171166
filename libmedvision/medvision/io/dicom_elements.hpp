// SPDX-License-Identifier: Apache-2.0
// The data elements of a DICOM file, for dicom_file and its neighbours. A file is hostile until proven otherwise:
// values are read only when asked for, every length is held against the file, nesting and counts have ends.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "medvision/io/dicom_codecs.hpp"
#include "medvision/io/input_file.hpp"

namespace medvision {

/// Where a value lies. tag: group << 16 | element. vr: two letters, "" when the file does not say. Of a value of
/// undefined length, `length` ends before its delimiter.
struct dicom_element {
  std::uint32_t tag = 0;
  std::string vr;
  std::size_t offset = 0, length = 0;
  bool undefined_length = false;
};
using dicom_set = std::vector<dicom_element>;

/// A part of the bytes: a fragment of encapsulated pixels.
struct dicom_extent {
  std::size_t offset = 0, length = 0;
};

constexpr std::uint32_t dicom_pixel_data = 0x7FE00010;

/// True when the bytes begin as DICOM does: with "DICM" after 128 bytes, or with an element of group 2 or 8.
bool begins_as_dicom(std::span<const unsigned char> first_256_bytes);

class dicom_elements {
 public:
  /// Walks over the top elements, up to the pixel data, whose value is not read. max_bytes: how far a deflated data set
  /// is inflated when its pixels are read; before them, 256 MiB. Throws E_FORMAT (no DICOM), E_TRUNCATED (a length
  /// beyond the end), E_DECODE (no elements, a broken sequence), E_LIMIT (nested deeper than 64, millions of elements),
  /// E_TOO_LARGE (inflated).
  dicom_elements(input_file& file, std::int64_t max_bytes);

  [[nodiscard]] const dicom_set& top() const { return top_; }
  /// The UID; what the file's first element suggests when it does not say.
  [[nodiscard]] const std::string& transfer_syntax() const { return transfer_syntax_; }
  [[nodiscard]] bool big_endian() const { return coding_.big_endian; }

  /// The element, or nullptr.
  static const dicom_element* find(const dicom_set& set, std::uint32_t tag);
  /// The bytes, at most `limit` of them (E_DICOM_VALUE).
  std::string bytes(const dicom_element& element, std::size_t limit = 1 << 20);
  /// Text without the spaces and zeros around it; "" when absent.
  std::string text(const dicom_set& set, std::uint32_t tag);
  /// Numbers of a DS or IS; empty when absent or empty. Throws E_DICOM_VALUE for text that is no finite number.
  std::vector<double> numbers(const dicom_set& set, std::uint32_t tag);
  /// Words of 16 bits of a US, SS or OW; empty when absent.
  std::vector<std::uint16_t> words(const dicom_set& set, std::uint32_t tag);
  /// The items of a sequence; none when it is absent.
  std::vector<dicom_set> items(const dicom_set& set, std::uint32_t tag);
  /// All items of encapsulated pixel data, the offset table first. Throws E_TRUNCATED when its end is missing.
  std::vector<dicom_extent> fragments(const dicom_element& pixels);
  void read(std::size_t offset, void* to, std::size_t size);

 private:
  struct coding {
    bool explicit_vr = true, big_endian = false;
  };
  struct header;
  void read_preamble();
  void guess_coding(std::size_t position);
  void begin_inflating(std::size_t from);
  std::size_t inflate_to(std::size_t size);
  std::size_t left(std::size_t position, std::size_t end);
  header read_header(std::size_t position, std::size_t end, const coding& c);
  dicom_element read_element(std::size_t& position, std::size_t end, const coding& c, int depth);
  std::size_t skip_items(std::size_t position, std::size_t end, const coding& c, int depth);
  std::size_t skip_item(std::size_t position, std::size_t end, const coding& c, int depth);
  dicom_set read_set(std::size_t position, std::size_t end, const coding& c, std::uint32_t last);
  std::uint32_t number(const unsigned char* p, int size, const coding& c) const;

  input_file& file_;
  std::optional<inflater> inflated_;
  std::size_t size_ = 0, start_ = 0;  ///< size_: of what is deflated, more than it can be, until its end is met
  std::size_t most_inflated_ = std::size_t{256} << 20;
  coding coding_;
  std::string transfer_syntax_;
  dicom_set top_;
  std::int64_t steps_ = 0;
};

}  // namespace medvision
