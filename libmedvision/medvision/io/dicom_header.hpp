// SPDX-License-Identifier: Apache-2.0
// What the parts of dicom_file share. Not for others.
#pragma once

#include <fmt/core.h>

#include <new>
#include <span>
#include <string>
#include <vector>

#include "medvision/error.hpp"
#include "medvision/io/dicom_codecs.hpp"
#include "medvision/io/dicom_elements.hpp"
#include "medvision/io/dicom_file.hpp"

namespace medvision {

/// Opens the file and puts its path in front of what is said about its contents.
template <class Work>
auto naming_file(const std::string& path, Work&& work) {
  input_file file(path);
  try {
    return work(file);
  } catch (const error& e) {
    throw error(e.code(), fmt::format("{}: {}", path, e.what()), e.who());
  } catch (const std::bad_alloc&) {
    throw error("E_NOMEM", fmt::format("{}: no memory for its pixels", path), blame::environment);
  }
}

/// The header of a frame counted from 1 (0: the first). Throws as probe_dicom.
dicom_header read_header(dicom_elements& file, int frame_number, const image_limits& limits);

/// Attributes that hold for one frame: its functional groups, the shared ones, the data set, the nearest first.
class dicom_attributes {
 public:
  dicom_attributes(dicom_elements& file, int frame);
  /// The first layer that has the tag, or an empty set.
  [[nodiscard]] const dicom_set& with(std::uint32_t tag) const;
  [[nodiscard]] std::string text(std::uint32_t tag) const { return file_.text(with(tag), tag); }
  [[nodiscard]] std::vector<double> numbers(std::uint32_t tag) const { return file_.numbers(with(tag), tag); }
  /// The first word, or `otherwise`.
  [[nodiscard]] int word(std::uint32_t tag, int otherwise) const;
  [[nodiscard]] std::vector<dicom_set> items(std::uint32_t tag) const { return file_.items(with(tag), tag); }
  [[nodiscard]] dicom_elements& file() const { return file_; }

 private:
  dicom_elements& file_;
  std::vector<dicom_set> layers_;
};

/// descriptor and data: the tags of a LUT in `set`. Throws E_DICOM_VALUE when it is short.
gray_lookup read_lookup(dicom_elements& file, const dicom_set& set, std::uint32_t descriptor, std::uint32_t data,
                        bool signed_first);
/// Modality, VOI and polarity. Throws E_DICOM_VALUE.
gray_meaning read_gray_meaning(const dicom_attributes& a, const dicom_header& header);

/// Fills spacing, tags, remark and identity.
void read_facts(const dicom_attributes& a, dicom_header& header);

/// Samples of whole bytes to H×W with their channels, whichever way they lie; of header width, height, samples and
/// bits_allocated. bytes: as many as that takes.
cv::Mat arrange_samples(std::span<const unsigned char> bytes, const dicom_header& header, bool planar, bool big_endian);
/// The codes of one frame: H×W, 1 or 3 channels in the order of the file, 8U or 16U, right-aligned and masked.
cv::Mat read_codes(dicom_elements& file, const dicom_header& header, int frame);
/// Palette, Y Cb Cr, or red, green, blue to blue, green, red; sets picture.bits.
void read_color(dicom_elements& file, const cv::Mat& codes, dicom_picture& picture);

}  // namespace medvision
