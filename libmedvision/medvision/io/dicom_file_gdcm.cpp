// SPDX-License-Identifier: Apache-2.0
// The codecs of GDCM, and nothing else of it: JPEG of 8, 12 and 16 bits, JPEG-LS and JPEG 2000.
#include <fmt/format.h>

#include "medvision/error.hpp"
#include "medvision/io/apart.hpp"
#include "medvision/io/dicom_codecs.hpp"

#ifdef MEDVISION_GDCM
#include <gdcmImage.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmTrace.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>
#endif

namespace medvision {

#ifndef MEDVISION_GDCM

dicom_samples decode_bitstream(const std::string&, const dicom_syntax& syntax, const dicom_frame_format&,
                               std::string_view) {
  throw error("E_BUILD", fmt::format("{} needs GDCM (libgdcm-dev), which this build is without", syntax.name),
              blame::environment);
}

#else

namespace {

constexpr const char* damaged = "the bitstream is damaged";

/// Where the thread that decodes keeps what the codec says; nullptr in all others.
thread_local std::string* heard = nullptr;

ssize_t listen(void*, const char* text, std::size_t size) {
  if (heard == nullptr) return ::write(STDERR_FILENO, text, size);
  heard->append(text, size);
  return ssize_t(size);
}

/// GDCM's libjpeg writes its warnings to the C stream stderr and goes on with grey; nothing else tells of them. So the
/// stream is put behind one that passes everything on, except while a thread decodes.
void begin_listening() {
  static const bool once = [] {
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    gdcm::Trace::DebugOff();
#ifdef __GLIBC__
    if (std::FILE* through = ::fopencookie(nullptr, "w", {nullptr, listen, nullptr, nullptr}); through != nullptr) {
      std::setvbuf(through, nullptr, _IONBF, 0);
      stderr = through;
    }
#endif
    return true;
  }();
  (void)once;
}

/// True when what was heard is more than what harms no pixel: a first try with another sample size, and spectral
/// bounds that a sequential picture ignores.
bool is_damage(std::string_view said) {
  while (!said.empty()) {
    const std::string_view line = said.substr(0, said.find('\n'));
    if (!line.empty() && !line.starts_with("Unsupported JPEG data precision") &&
        !line.starts_with("Invalid SOS parameters"))
      return true;
    said.remove_prefix(std::min(said.size(), line.size() + 1));
  }
  return false;
}

class listening {
 public:
  explicit listening(std::string& words) { heard = &words; }
  ~listening() { heard = nullptr; }
  listening(const listening&) = delete;
  listening& operator=(const listening&) = delete;
};

gdcm::DataElement one_fragment(const std::string& frame) {
  gdcm::Fragment fragment;
  fragment.SetByteValue(frame.data(), gdcm::VL(std::uint32_t(frame.size())));
  const gdcm::SmartPointer<gdcm::SequenceOfFragments> fragments = new gdcm::SequenceOfFragments;
  fragments->AddFragment(fragment);
  gdcm::DataElement pixels(gdcm::Tag(0x7FE0, 0x0010));
  pixels.SetVR(gdcm::VR::OB);
  pixels.SetValue(*fragments);
  return pixels;
}

gdcm::Image described(const dicom_syntax& syntax, const dicom_frame_format& f, std::string_view photometric) {
  gdcm::Image image;
  image.SetNumberOfDimensions(2);
  image.SetDimension(0, unsigned(f.width));
  image.SetDimension(1, unsigned(f.height));
  image.SetTransferSyntax(gdcm::TransferSyntax::GetTSType(std::string(syntax.uid).c_str()));
  const auto bits = [](int n) { return static_cast<unsigned short>(n); };
  image.SetPixelFormat(gdcm::PixelFormat(bits(f.samples), bits(f.bits_allocated), bits(f.bits_stored),
                                         bits(f.bits_stored - 1), bits(f.is_signed ? 1 : 0)));
  image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::GetPIType(std::string(photometric).c_str()));
  return image;
}

}  // namespace

dicom_samples decode_bitstream(const std::string& frame, const dicom_syntax& syntax, const dicom_frame_format& format,
                               std::string_view photometric) {
  check_holds(frame.size(), syntax, format);
  begin_listening();
  const std::size_t expected = std::size_t(format.width) * format.height * format.samples * (format.bits_allocated / 8);
  // GDCM asserts what a damaged file need not keep, so it has a process of its own; a good one takes a second or two.
  const apart_limits limits{.cpu_seconds = int(20 + expected / 2'000'000),
                            .memory = std::int64_t(1e9 + 8.0 * expected)};
  apart_outcome made = run_apart(expected, limits, [&](std::span<unsigned char> result) -> std::string {
    std::string words;
    const listening to_codec(words);
    gdcm::Image image = described(syntax, format, photometric);
    image.SetDataElement(one_fragment(frame));
    if (image.GetBufferLength() != expected)
      return fmt::format("{} bytes, expected {}", image.GetBufferLength(), expected);
    const bool whole = image.GetBuffer(reinterpret_cast<char*>(result.data())) && image.GetBufferLength() == expected;
    return whole && !is_damage(words) ? "" : damaged;
  });
  using enum apart_outcome::fate;
  if (made.what == done) return {std::move(made.result), format.bits_allocated};
  throw error("E_DECODE", fmt::format("{}: {}", syntax.name,
                                      made.what == out_of_memory ? "the bitstream asks for more memory than it can need"
                                      : made.what == late        ? "the bitstream keeps its decoder busy without end"
                                                                 : damaged));
}

#endif

}  // namespace medvision
