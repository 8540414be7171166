// SPDX-License-Identifier: Apache-2.0
// From data elements to a header that was checked. No codec is needed for that, and none is linked.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "medvision/error.hpp"
#include "medvision/io/dicom_header.hpp"
#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

std::string plain_uid(const std::string& uid) {
  const bool plain = !uid.empty() && uid.size() <= 64 && uid.find_first_not_of("0123456789.") == std::string::npos;
  return plain ? uid : "unknown";
}

void check_format(const dicom_header& h) {
  const auto refuse = [](const std::string& what) { throw error("E_UNSUPPORTED", "DICOM: " + what); };
  static constexpr std::array grey = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"};
  static constexpr std::array color = {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"};
  const auto is_in = [&](const auto& names) { return std::ranges::find(names, h.photometric) != names.end(); };
  if (!is_in(grey) && !is_in(color)) refuse("photometric interpretation other than grey, RGB, YBR or palette");
  if (h.samples != (is_in(color) ? 3 : 1)) refuse(fmt::format("{} samples a pixel with {}", h.samples, h.photometric));
  if (h.bits_allocated != 1 && h.bits_allocated != 8 && h.bits_allocated != 16)
    refuse(fmt::format("{} bits a sample, expected 1, 8 or 16", h.bits_allocated));
  if (h.bits_stored < 1 || h.bits_stored > h.bits_allocated || h.high_bit < h.bits_stored - 1 ||
      h.high_bit >= h.bits_allocated)
    throw error("E_DICOM_VALUE", fmt::format("DICOM: {} bits stored below bit {} of {} allocated", h.bits_stored,
                                             h.high_bit, h.bits_allocated));
  if (h.bits_allocated == 1 && h.samples != 1) refuse("colour of 1 bit");
}

int frames_of(const dicom_attributes& a) {
  const std::vector<double> n = a.numbers(0x00280008);
  if (n.empty()) return 1;
  if (n[0] < 1 || n[0] > 1e6) throw error("E_DICOM_VALUE", fmt::format("DICOM: {} frames", n[0]));
  return int(n[0]);
}

void check_pixels(dicom_elements& file, const dicom_header& h) {
  const dicom_set& top = file.top();
  if (dicom_elements::find(top, dicom_pixel_data) != nullptr && h.width > 0 && h.height > 0) return;
  const bool floats =
      dicom_elements::find(top, 0x7FE00008) != nullptr || dicom_elements::find(top, 0x7FE00009) != nullptr;
  throw error("E_UNSUPPORTED", fmt::format("DICOM: holds no {}picture (SOP class {})", floats ? "integer " : "",
                                           plain_uid(file.text(top, 0x00080016))));
}

}  // namespace

dicom_header read_header(dicom_elements& file, int frame_number, const image_limits& limits) {
  const dicom_attributes top(file, -1);
  dicom_header h;
  h.width = top.word(0x00280011, 0);
  h.height = top.word(0x00280010, 0);
  check_pixels(file, h);
  h.syntax = dicom_syntax_of(file.transfer_syntax()).name;
  h.frames = frames_of(top);
  h.samples = top.word(0x00280002, 1);
  h.bits_allocated = top.word(0x00280100, 0);
  h.bits_stored = top.word(0x00280101, h.bits_allocated);
  h.high_bit = top.word(0x00280102, h.bits_stored - 1);
  h.is_signed = top.word(0x00280103, 0) == 1;
  h.planar = top.word(0x00280006, 0) == 1;
  h.photometric = top.text(0x00280004);
  check_format(h);
  image_info info;
  info.width = h.width, info.height = h.height, info.channels = h.is_color() ? 3 : 1;
  info.depth = h.bits_allocated > 8 ? CV_16U : CV_8U;
  check_budget(info, limits, info.channels);
  if (frame_number > h.frames)
    throw error("E_PAGES", fmt::format("frame {} is asked for, there are {}", frame_number, h.frames));
  const dicom_attributes of_frame(file, std::max(0, frame_number - 1));
  if (!h.is_color()) h.gray = read_gray_meaning(of_frame, h);
  read_facts(of_frame, h);
  return h;
}

bool is_dicom(const std::string& path) {
  input_file file(path);
  std::array<unsigned char, 256> first{};
  const std::size_t got = file.read(first.data(), first.size());
  return begins_as_dicom(std::span(first).first(got));
}

dicom_header probe_dicom(const std::string& path, int frame_number, const image_limits& limits) {
  return naming_file(path, [&](input_file& file) {
    dicom_elements elements(file, limits.max_bytes);
    return read_header(elements, frame_number, limits);
  });
}

image_info dicom_size(const std::string& path, const image_limits& limits) {
  const dicom_header h = probe_dicom(path, 0, limits);
  image_info info;
  info.width = h.width, info.height = h.height, info.channels = h.is_color() ? 3 : 1;
  info.depth = h.bits_allocated > 8 ? CV_16U : CV_8U;
  info.pages = h.frames;
  info.format = "dicom";
  return info;
}

}  // namespace medvision
