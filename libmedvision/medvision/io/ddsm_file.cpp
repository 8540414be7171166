// SPDX-License-Identifier: Apache-2.0
#include "medvision/io/ddsm_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "medvision/error.hpp"
#include "medvision/io/ddsm_case.hpp"
#include "medvision/io/ddsm_density.hpp"
#include "medvision/io/dicom_header.hpp"
#include "medvision/io/folder.hpp"
#include "medvision/io/image_codecs.hpp"

namespace medvision {
namespace {

struct film {
  ddsm_name name;
  ddsm_case about;
};

film find_film(const std::string& path) {
  const auto name = ddsm_name_of(path);
  if (!name)
    throw error("E_FORMAT", fmt::format("{}: no name of a film of DDSM, expected one as A_1141_1.LEFT_CC.LJPEG", path));
  if (!exists(name->case_file))
    throw error("E_MISSING", fmt::format("{}: there is no {} beside it", path, name->case_file));
  return {*name, read_ddsm_case(name->case_file, name->sequence)};
}

image_info info_of(const film& f) {
  image_info info;
  info.width = f.about.width, info.height = f.about.height, info.channels = 1;
  info.depth = CV_16U;
  info.format = "ddsm";
  return info;
}

std::size_t decoded_bytes(const film& f) { return 2 * std::size_t(f.about.width) * std::size_t(f.about.height); }

std::string bytes_at(input_file& file, std::size_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  file.seek(offset);
  if (file.read(bytes.data(), size) != size) throw error("E_TRUNCATED", "DDSM: the file was cut while it was read");
  return bytes;
}

/// stream: all of it, or its beginning and its end. Returns the bits of a sample.
int check_stream(std::string_view stream, const film& f) {
  const bitstream_size met = read_bitstream_size(stream, dicom_coding::jpeg);
  if (!met.lossless || met.samples != 1)
    throw error("E_UNSUPPORTED", fmt::format("DDSM: a {} JPEG of {} samples a pixel, expected a lossless one of 1",
                                             met.lossless ? "lossless" : "lossy", met.samples));
  if (met.width != f.about.width || met.height != f.about.height)
    throw error("E_SHAPE", fmt::format("DDSM: the stream has {} x {} pixels, the .ics says {} x {}", met.width,
                                       met.height, f.about.width, f.about.height));
  if (met.bits < f.about.bits || met.bits > 16)
    throw error("E_SHAPE",
                fmt::format("DDSM: the stream has {} bits a pixel, the .ics says {}", met.bits, f.about.bits));
  return met.bits;
}

/// Size and form, before anything is decoded. Of a stream the first and the last bytes say all that is asked.
void check_film(input_file& file, const film& f, const image_limits& limits) {
  check_budget(info_of(f), limits, 1);
  constexpr std::size_t part = 8192;
  if (f.name.is_decoded) {
    if (file.size() != decoded_bytes(f))
      throw error(file.size() < decoded_bytes(f) ? "E_TRUNCATED" : "E_SHAPE",
                  fmt::format("DDSM: {} bytes, expected {} of {} x {} pixels", file.size(), decoded_bytes(f),
                              f.about.width, f.about.height));
  } else if (file.size() <= 2 * part) {
    check_stream(bytes_at(file, 0, file.size()), f);
  } else {
    // A code and a difference take 32 bits at most, and twice that where every byte has to be followed by another.
    if (file.size() / 4 > decoded_bytes(f) + part)
      throw error("E_TOO_LARGE",
                  fmt::format("DDSM: a stream of {} bytes for {} of pixels", file.size(), decoded_bytes(f)));
    check_stream(bytes_at(file, 0, part) + bytes_at(file, file.size() - part, part), f);
  }
}

cv::Mat read_levels(input_file& file, const film& f, const dicom_header& h) {
  const std::string bytes = bytes_at(file, 0, file.size());
  cv::Mat levels;
  if (f.name.is_decoded) {
    const auto* first = reinterpret_cast<const unsigned char*>(bytes.data());
    levels = arrange_samples({first, bytes.size()}, h, false, true);
  } else {
    const dicom_frame_format format{h.width, h.height, 1, 16, check_stream(bytes, f), false};
    const dicom_syntax& process_14 = dicom_syntax_of("1.2.840.10008.1.2.4.57");
    levels = arrange_samples(decode_bitstream(bytes, process_14, format, h.photometric).bytes, h, false, false);
  }
  double most = 0;
  cv::minMaxLoc(levels, nullptr, &most);
  if (most >= 1 << f.about.bits)
    throw error("E_DECODE",
                fmt::format("DDSM: a grey level of {}, more than the .ics's {} bits hold", most, f.about.bits));
  return levels;
}

dicom_header describe(const film& f, bool as_density) {
  dicom_header h;
  h.width = f.about.width, h.height = f.about.height;
  h.bits_allocated = 16, h.bits_stored = f.about.bits, h.high_bit = f.about.bits - 1;
  h.photometric = "MONOCHROME2";
  h.syntax = f.name.is_decoded ? "raw-big" : "jpeg-lossless";
  h.gray.bits = f.about.bits;
  h.tags = {{"modality", "MG"}, {"side", f.name.side}, {"view", f.name.view}, {"transfer_syntax", h.syntax}};
  if (!f.about.breast_density.empty()) h.tags["breast_density"] = f.about.breast_density;
  h.tags["density"] = "raw";
  if (as_density) {
    const ddsm_calibration& scanner = ddsm_calibration_of(f.name.institution, f.about.digitizer);
    h.gray = density_meaning(scanner, f.about.bits);
    h.tags["scanner"] = scanner.name;
    h.tags["density"] = fmt::format("optical, {} dark to {} bright", most_density, least_density);
  }
  if (f.about.micrometres)
    h.spacing = {*f.about.micrometres / 1000, *f.about.micrometres / 1000, "DDSM RESOLUTION"};
  else
    h.remark = "RESOLUTION of the .ics is no number from 1 to 1000, and is ignored";
  h.identity.patient_id = f.name.patient;
  return h;
}

}  // namespace

bool is_ddsm(const std::string& path) { return ddsm_name_of(path).has_value(); }

std::string ddsm_case_file(const std::string& path) {
  const auto name = ddsm_name_of(path);
  return name ? name->case_file : "";
}

image_info ddsm_size(const std::string& path, const image_limits& limits) {
  const film f = find_film(path);
  return naming_file(path, [&](input_file& file) {
    check_film(file, f, limits);
    return info_of(f);
  });
}

dicom_picture read_ddsm(const std::string& path, bool as_density, const image_limits& limits) {
  const film f = find_film(path);
  return naming_file(path, [&](input_file& file) {
    check_film(file, f, limits);
    dicom_picture picture;
    picture.header = describe(f, as_density);
    picture.pixels = read_levels(file, f, picture.header);
    picture.bits = picture.header.bits_stored;
    return picture;
  });
}

}  // namespace medvision
