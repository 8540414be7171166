// SPDX-License-Identifier: Apache-2.0
// One pass over the top elements; sequences are stepped over, and read again when somebody asks for their items.
#include "medvision/io/dicom_elements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include "medvision/error.hpp"

namespace medvision {
namespace {

constexpr std::uint32_t undefined = 0xFFFFFFFF, item_tag = 0xFFFEE000, item_end = 0xFFFEE00D, sequence_end = 0xFFFEE0DD;
constexpr int max_depth = 64;
constexpr std::int64_t max_steps = 4'000'000;

std::string show_tag(std::uint32_t tag) { return fmt::format("({:04X},{:04X})", tag >> 16, tag & 0xFFFF); }

bool is_vr(const unsigned char* p) { return p[0] >= 'A' && p[0] <= 'Z' && p[1] >= 'A' && p[1] <= 'Z'; }

bool is_long_vr(std::string_view vr) {
  static constexpr std::string_view longs = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
  return longs.find(vr) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks(" \0\t\r\n", 5);
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

double decimal(std::string_view text, std::uint32_t tag) {
  text = trimmed(text);
  double value = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, fault] = std::from_chars(begin, text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    throw error("E_DICOM_VALUE", fmt::format("element {} is no finite number", show_tag(tag)));
  return value;
}

}  // namespace

struct dicom_elements::header {
  std::uint32_t tag = 0, length = 0;
  std::string vr;
  std::size_t value = 0;
};

bool begins_as_dicom(std::span<const unsigned char> first) {
  if (first.size() >= 132 && std::memcmp(first.data() + 128, "DICM", 4) == 0) return true;
  if (first.size() < 16) return false;
  const unsigned char* p = first.data();
  const bool little = (p[0] == 2 || p[0] == 8) && p[1] == 0 && p[3] == 0;
  const bool big = p[0] == 0 && (p[1] == 2 || p[1] == 8) && p[2] == 0;
  // Without a VR, 4 bytes of length follow: those of a first element are few.
  return (little || big) && (is_vr(p + 4) || (little && p[6] == 0 && p[7] == 0));
}

dicom_elements::dicom_elements(input_file& file, std::int64_t max_bytes) : file_(file), size_(file.size()) {
  read_preamble();
  if (transfer_syntax_ == "1.2.840.10008.1.2.1.99") begin_inflating(start_);
  guess_coding(start_);
  top_ = read_set(start_, size_, coding_, dicom_pixel_data);
  if (top_.empty()) throw error("E_DECODE", "DICOM: holds no element");
  most_inflated_ = std::size_t(max_bytes);
}

void dicom_elements::read_preamble() {
  std::array<unsigned char, 256> first{};
  const std::size_t got = std::min(first.size(), size_);
  if (got == 0) throw error("E_EMPTY", "the file is empty");
  read(0, first.data(), got);
  if (!begins_as_dicom(std::span(first).first(got))) throw error("E_FORMAT", "begins otherwise than DICOM");
  start_ = got >= 132 && std::memcmp(first.data() + 128, "DICM", 4) == 0 ? 132 : 0;
  dicom_set meta;
  const coding explicit_little{};
  while (size_ - start_ >= 8) {
    const header h = read_header(start_, size_, explicit_little);
    if (h.tag >> 16 != 2) break;
    meta.push_back(read_element(start_, size_, explicit_little, 0));
  }
  transfer_syntax_ = text(meta, 0x00020010);
}

void dicom_elements::guess_coding(std::size_t position) {
  if (left(position, size_) < 8) throw error("E_TRUNCATED", "DICOM: ends after its preamble");
  unsigned char p[8];
  read(position, p, sizeof p);
  // Some files say one coding and have another; their first element cannot.
  coding_.explicit_vr = is_vr(p + 4);
  coding_.big_endian = p[0] == 0 && p[1] != 0;
  if (!transfer_syntax_.empty()) return;
  transfer_syntax_ = coding_.big_endian    ? "1.2.840.10008.1.2.2"
                     : coding_.explicit_vr ? "1.2.840.10008.1.2.1"
                                           : "1.2.840.10008.1.2";
}

void dicom_elements::begin_inflating(std::size_t from) {
  std::string packed(size_ - from, '\0');
  read(from, packed.data(), packed.size());
  size_ = packed.size() * 1100;  // deflate makes 1032 bytes of one at most
  inflated_.emplace(std::move(packed));
  start_ = 0;
}

/// Bytes from `position` to the end of the set, seen 8 bytes ahead where they are to be inflated.
std::size_t dicom_elements::left(std::size_t position, std::size_t end) {
  if (inflated_ && position < end && inflate_to(position + 8) < position + 8) end = std::min(end, size_);
  return end < position ? 0 : end - position;
}

/// How many of `size` bytes there are.
std::size_t dicom_elements::inflate_to(std::size_t size) {
  if (size > most_inflated_)
    throw error("E_TOO_LARGE", fmt::format("DICOM: the deflated data hold more than {} bytes{}", most_inflated_,
                                           top_.empty() ? " before the pixels" : "; --max-bytes raises it"));
  const std::size_t there = inflated_->first(size).size();
  if (there < size) size_ = there;
  return there;
}

void dicom_elements::read(std::size_t offset, void* to, std::size_t size) {
  if (offset > size_ || size > size_ - offset) throw error("E_TRUNCATED", "DICOM: the file is cut");
  if (inflated_) {
    if (inflate_to(offset + size) < offset + size) throw error("E_TRUNCATED", "DICOM: the file is cut");
    std::memcpy(to, inflated_->first(offset + size).data() + offset, size);
    return;
  }
  file_.seek(offset);
  if (file_.read(to, size) != size) throw error("E_TRUNCATED", "DICOM: the file is cut");
}

std::uint32_t dicom_elements::number(const unsigned char* p, int size, const coding& c) const {
  std::uint32_t value = 0;
  for (int i = 0; i < size; ++i) value |= std::uint32_t(p[i]) << 8 * (c.big_endian ? size - 1 - i : i);
  return value;
}

dicom_elements::header dicom_elements::read_header(std::size_t position, std::size_t end, const coding& c) {
  if (++steps_ > max_steps) throw error("E_LIMIT", fmt::format("DICOM: more than {} elements", max_steps));
  if (end - position < 8) throw error("E_TRUNCATED", "DICOM: ends within an element");
  unsigned char p[12];
  read(position, p, 8);
  header h{number(p, 2, c) << 16 | number(p + 2, 2, c), 0, "", position + 8};
  if (c.explicit_vr && h.tag >> 16 != 0xFFFE && is_vr(p + 4)) {
    h.vr.assign(reinterpret_cast<const char*>(p) + 4, 2);
    if (is_long_vr(h.vr)) {
      if (end - position < 12) throw error("E_TRUNCATED", "DICOM: ends within an element");
      read(position + 8, p + 8, 4);
      h.length = number(p + 8, 4, c);
      h.value = position + 12;
    } else {
      h.length = number(p + 6, 2, c);
    }
  } else {
    h.length = number(p + 4, 4, c);
  }
  return h;
}

dicom_element dicom_elements::read_element(std::size_t& position, std::size_t end, const coding& c, int depth) {
  const header h = read_header(position, end, c);
  dicom_element e{h.tag, h.vr, h.value, h.length, h.length == undefined};
  if (!e.undefined_length) {
    if (e.length > end - e.offset)
      throw error("E_TRUNCATED", fmt::format("DICOM: element {} has {} bytes, of which {} are there", show_tag(e.tag),
                                             e.length, end - e.offset));
    position = e.offset + e.length;
    return e;
  }
  // A sequence of unknown VR is coded without VRs, whatever is around it.
  position = skip_items(e.offset, end, h.vr == "UN" ? coding{false, false} : c, depth + 1);
  e.length = position - 8 - e.offset;
  return e;
}

std::size_t dicom_elements::skip_items(std::size_t position, std::size_t end, const coding& c, int depth) {
  if (depth > max_depth) throw error("E_LIMIT", fmt::format("DICOM: sequences nested deeper than {}", max_depth));
  for (;;) {
    const header h = read_header(position, end, c);
    if (h.tag == sequence_end) return h.value;
    if (h.tag != item_tag)
      throw error("E_DECODE", fmt::format("DICOM: element {} where an item is expected", show_tag(h.tag)));
    if (h.length == undefined) {
      position = skip_item(h.value, end, c, depth);
    } else {
      if (h.length > end - h.value) throw error("E_TRUNCATED", "DICOM: an item is cut");
      position = h.value + h.length;
    }
  }
}

std::size_t dicom_elements::skip_item(std::size_t position, std::size_t end, const coding& c, int depth) {
  for (;;) {
    const header h = read_header(position, end, c);
    if (h.tag == item_end) return h.value;
    (void)read_element(position, end, c, depth);
  }
}

dicom_set dicom_elements::read_set(std::size_t position, std::size_t end, const coding& c, std::uint32_t last) {
  dicom_set set;
  while (left(position, end) >= 8) {
    const header h = read_header(position, end, c);
    if (h.tag == item_end) break;
    if (h.tag == last) {
      const bool open = h.length == undefined;
      set.push_back({h.tag, h.vr, h.value, open ? end - h.value : std::size_t(h.length), open});
      break;
    }
    set.push_back(read_element(position, end, c, 0));
  }
  return set;
}

const dicom_element* dicom_elements::find(const dicom_set& set, std::uint32_t tag) {
  const auto found = std::ranges::find(set, tag, &dicom_element::tag);
  return found == set.end() ? nullptr : &*found;
}

std::string dicom_elements::bytes(const dicom_element& element, std::size_t limit) {
  if (element.length > limit)
    throw error("E_DICOM_VALUE", fmt::format("element {} has {} bytes, expected {} at most", show_tag(element.tag),
                                             element.length, limit));
  std::string value(element.length, '\0');
  read(element.offset, value.data(), value.size());
  return value;
}

std::string dicom_elements::text(const dicom_set& set, std::uint32_t tag) {
  const dicom_element* e = find(set, tag);
  return e == nullptr ? "" : std::string(trimmed(bytes(*e)));
}

std::vector<double> dicom_elements::numbers(const dicom_set& set, std::uint32_t tag) {
  std::vector<double> values;
  const std::string raw = text(set, tag);
  for (std::size_t from = 0; !raw.empty() && from <= raw.size();) {
    const std::size_t to = std::min(raw.find('\\', from), raw.size());
    values.push_back(decimal(std::string_view(raw).substr(from, to - from), tag));
    from = to + 1;
  }
  return values;
}

std::vector<std::uint16_t> dicom_elements::words(const dicom_set& set, std::uint32_t tag) {
  const dicom_element* e = find(set, tag);
  const std::string raw = e == nullptr ? "" : bytes(*e);
  std::vector<std::uint16_t> values(raw.size() / 2);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::uint16_t(number(reinterpret_cast<const unsigned char*>(raw.data()) + 2 * i, 2, coding_));
  return values;
}

std::vector<dicom_set> dicom_elements::items(const dicom_set& set, std::uint32_t tag) {
  const dicom_element* e = find(set, tag);
  std::vector<dicom_set> all;
  if (e == nullptr) return all;
  // Elements without VR lie in parts that are coded without them.
  const coding c = e->vr == "UN" || e->vr.empty() ? coding{false, coding_.big_endian && e->vr.empty()} : coding_;
  const std::size_t end = e->offset + e->length;
  for (std::size_t position = e->offset; end - position >= 8;) {
    const header h = read_header(position, end, c);
    if (h.tag != item_tag) break;
    const std::size_t next = h.length == undefined ? skip_item(h.value, end, c, 0) : h.value + h.length;
    if (next > end) throw error("E_TRUNCATED", fmt::format("DICOM: an item of {} is cut", show_tag(tag)));
    all.push_back(read_set(h.value, next, c, undefined));
    position = next;
  }
  return all;
}

std::vector<dicom_extent> dicom_elements::fragments(const dicom_element& pixels) {
  std::vector<dicom_extent> all;
  for (std::size_t position = pixels.offset;;) {
    const header h = read_header(position, size_, coding_);
    if (h.tag == sequence_end) return all;
    if (h.tag != item_tag) throw error("E_DECODE", "DICOM: the fragments of the pixel data are broken");
    if (h.length > size_ - h.value) throw error("E_TRUNCATED", "DICOM: a fragment of the pixel data is cut");
    all.push_back({h.value, h.length});
    position = h.value + h.length;
  }
}

}  // namespace medvision
