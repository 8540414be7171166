// SPDX-License-Identifier: Apache-2.0
// DICOM files of a few hundred bytes, for tests: explicit or implicit VR, little or big endian, written element by
// element.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

class dicom_writer {
 public:
  explicit dicom_writer(std::string syntax = "1.2.840.10008.1.2.1")
      : syntax_(std::move(syntax)), big_(syntax_ == "1.2.840.10008.1.2.2"), explicit_(syntax_ != "1.2.840.10008.1.2") {}

  /// A grey picture of `bits` bits in 16.
  static dicom_writer gray(int width, int height, const std::vector<int>& values, int bits = 12,
                           const std::string& syntax = "1.2.840.10008.1.2.1") {
    dicom_writer w(syntax);
    w.word(0x00280002, 1).put(0x00280004, "CS", "MONOCHROME2").word(0x00280010, height).word(0x00280011, width);
    w.word(0x00280100, 16).word(0x00280101, bits).word(0x00280102, bits - 1).word(0x00280103, 0);
    return w.words(0x7FE00010, "OW", values);
  }

  dicom_writer& put(std::uint32_t tag, std::string vr, std::string value) {
    if (value.size() % 2 != 0) value += vr == "UI" ? '\0' : ' ';
    elements_[tag] = {std::move(vr), std::move(value)};
    return *this;
  }
  dicom_writer& word(std::uint32_t tag, int value) { return words(tag, "US", {value}); }
  dicom_writer& words(std::uint32_t tag, const std::string& vr, const std::vector<int>& values) {
    std::string bytes;
    for (const int v : values) bytes += number(std::uint32_t(v), 2, big_);
    return put(tag, vr, bytes);
  }
  dicom_writer& without(std::uint32_t tag) {
    elements_.erase(tag);
    return *this;
  }
  /// A sequence; each item is what another writer holds.
  dicom_writer& sequence(std::uint32_t tag, const std::vector<dicom_writer>& items) {
    std::string bytes;
    for (const dicom_writer& item : items) bytes += framed(0xFFFEE000, item.body());
    return put(tag, "SQ", bytes);
  }
  /// Encapsulated pixel data, the offset table empty.
  dicom_writer& fragments(const std::vector<std::string>& parts) {
    std::string bytes = framed(0xFFFEE000, "");
    for (const std::string& part : parts) bytes += framed(0xFFFEE000, part);
    elements_[0x7FE00010] = {"OB", bytes + framed(0xFFFEE0DD, ""), true};
    return *this;
  }

  [[nodiscard]] std::string body() const {
    std::string out;
    for (const auto& [tag, e] : elements_) {
      static constexpr std::string_view longs = "OB OW SQ UN UT";
      const bool wide = longs.find(e.vr) != std::string_view::npos;
      const std::uint32_t length = e.open ? 0xFFFFFFFF : std::uint32_t(e.value.size());
      out += number(tag >> 16, 2, big_) + number(tag & 0xFFFF, 2, big_);
      if (!explicit_)
        out += number(length, 4, big_);
      else if (wide)
        out += e.vr + std::string(2, '\0') + number(length, 4, big_);
      else
        out += e.vr + number(length, 2, big_);
      out += e.value;
    }
    return out;
  }
  /// Preamble, transfer syntax, body.
  [[nodiscard]] std::string file() const {
    dicom_writer meta;
    meta.put(0x00020010, "UI", syntax_);
    return std::string(128, '\0') + "DICM" + meta.body() + body();
  }

 private:
  struct element {
    std::string vr, value;
    bool open = false;
  };
  [[nodiscard]] std::string framed(std::uint32_t tag, const std::string& value) const {
    return number(tag >> 16, 2, big_) + number(tag & 0xFFFF, 2, big_) + number(std::uint32_t(value.size()), 4, big_) +
           value;
  }
  static std::string number(std::uint32_t v, int size, bool big) {
    std::string bytes;
    for (int i = 0; i < size; ++i) bytes += char(v >> 8 * (big ? size - 1 - i : i) & 0xFF);
    return bytes;
  }

  std::string syntax_;
  bool big_, explicit_;
  std::map<std::uint32_t, element> elements_;
};
