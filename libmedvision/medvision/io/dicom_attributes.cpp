// SPDX-License-Identifier: Apache-2.0
// Attributes by frame, and those of the grey-scale pipeline.
#include <fmt/format.h>

#include <algorithm>

#include "medvision/error.hpp"
#include "medvision/io/dicom_header.hpp"

namespace medvision {
namespace {

// Pixel measures, value transformation, VOI, and the anatomy of a frame: the groups with attributes that are read.
constexpr std::uint32_t macros[] = {0x00289110, 0x00289145, 0x00289132, 0x00209071};
constexpr std::uint32_t lut_descriptor = 0x00283002, lut_data = 0x00283006;

window_function function_named(const std::string& name) {
  if (name.empty() || name == "LINEAR") return window_function::linear;
  if (name == "LINEAR_EXACT") return window_function::linear_exact;
  if (name == "SIGMOID") return window_function::sigmoid;
  throw error("E_DICOM_VALUE", "DICOM: a VOI LUT function other than LINEAR, LINEAR_EXACT and SIGMOID");
}

std::vector<voi_window> windows_of(const dicom_attributes& a) {
  const std::vector<double> centers = a.numbers(0x00281050), widths = a.numbers(0x00281051);
  std::vector<voi_window> windows;
  if (centers.empty() || widths.empty()) return windows;
  const window_function function = function_named(a.text(0x00281056));
  for (std::size_t i = 0; i < std::min(centers.size(), widths.size()); ++i)
    windows.push_back({centers[i], widths[i], function});
  return windows;
}

double number_or(const std::vector<double>& values, double otherwise) { return values.empty() ? otherwise : values[0]; }

}  // namespace

dicom_attributes::dicom_attributes(dicom_elements& file, int frame) : file_(file) {
  if (frame >= 0) {
    const std::vector<dicom_set> per_frame = file.items(file.top(), 0x52009230);
    const std::vector<dicom_set> shared = file.items(file.top(), 0x52009229);
    const auto add = [&](const dicom_set& group) {
      for (const std::uint32_t macro : macros)
        for (dicom_set& item : file.items(group, macro)) layers_.push_back(std::move(item));
    };
    if (std::size_t(frame) < per_frame.size()) add(per_frame[std::size_t(frame)]);
    if (!shared.empty()) add(shared[0]);
  }
  layers_.push_back(file.top());
}

const dicom_set& dicom_attributes::with(std::uint32_t tag) const {
  static const dicom_set nothing;
  for (const dicom_set& layer : layers_)
    if (const dicom_element* e = dicom_elements::find(layer, tag); e != nullptr && e->length > 0) return layer;
  return nothing;
}

int dicom_attributes::word(std::uint32_t tag, int otherwise) const {
  const std::vector<std::uint16_t> words = file_.words(with(tag), tag);
  return words.empty() ? otherwise : words[0];
}

gray_lookup read_lookup(dicom_elements& file, const dicom_set& set, std::uint32_t descriptor, std::uint32_t data,
                        bool signed_first) {
  const std::vector<std::uint16_t> d = file.words(set, descriptor);
  const dicom_element* said = dicom_elements::find(set, descriptor);
  const dicom_element* e = dicom_elements::find(set, data);
  if (d.size() < 3 || e == nullptr) throw error("E_DICOM_VALUE", "DICOM: a LUT without descriptor or data");
  const std::size_t count = d[0] == 0 ? 65536 : d[0];
  const bool is_signed = said->vr == "SS" || (said->vr != "US" && signed_first);
  gray_lookup lut{is_signed ? std::int16_t(d[1]) : d[1], d[2], {}};
  if (e->length >= 2 * count) {
    lut.entries = file.words(set, data);
  } else if (e->length >= count && d[2] <= 8) {
    for (const char c : file.bytes(*e)) lut.entries.push_back(static_cast<unsigned char>(c));
  } else {
    throw error("E_DICOM_VALUE", fmt::format("DICOM: a LUT of {} entries has {} bytes", count, e->length));
  }
  lut.entries.resize(count);
  return lut;
}

gray_meaning read_gray_meaning(const dicom_attributes& a, const dicom_header& header) {
  gray_meaning m;
  m.bits = header.bits_stored;
  m.is_signed = header.is_signed;
  if (const auto luts = a.items(0x00283000); !luts.empty())
    m.modality = read_lookup(a.file(), luts[0], lut_descriptor, lut_data, m.is_signed);
  m.slope = number_or(a.numbers(0x00281053), 1);
  m.intercept = number_or(a.numbers(0x00281052), 0);
  m.windows = windows_of(a);
  for (const dicom_set& item : a.items(0x00283010))
    m.voi_luts.push_back(read_lookup(a.file(), item, lut_descriptor, lut_data, m.is_signed || m.intercept < 0));
  m.white_is_low = header.photometric == "MONOCHROME1" || a.text(0x20500020) == "INVERSE";
  return m;
}

}  // namespace medvision
