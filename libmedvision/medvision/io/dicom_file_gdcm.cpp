// SPDX-License-Identifier: Apache-2.0
// The codecs of GDCM, and nothing else of it: JPEG of 8, 12 and 16 bits, JPEG-LS and JPEG 2000.
#include <fmt/format.h>

#include "medvision/error.hpp"
#include "medvision/io/dicom_codecs.hpp"

#ifdef MEDVISION_GDCM
#include <gdcmImage.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmTrace.h>

#include <exception>
#endif

namespace medvision {

#ifndef MEDVISION_GDCM

dicom_samples decode_bitstream(const std::string&, const dicom_syntax& syntax, const dicom_frame_format&,
                               std::string_view) {
  throw error("E_BUILD", fmt::format("{} needs GDCM, which this build is without", syntax.name), blame::environment);
}

#else

namespace {

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
  image.SetPhotometricInterpretation(
      gdcm::PhotometricInterpretation::GetPIType(std::string(photometric).c_str()));
  return image;
}

}  // namespace

dicom_samples decode_bitstream(const std::string& frame, const dicom_syntax& syntax, const dicom_frame_format& format,
                               std::string_view photometric) {
  static const bool silent = [] {
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    gdcm::Trace::DebugOff();
    return true;
  }();
  (void)silent;
  const std::size_t expected =
      std::size_t(format.width) * format.height * format.samples * (format.bits_allocated / 8);
  dicom_samples out;
  out.bits_allocated = format.bits_allocated;
  try {
    gdcm::Image image = described(syntax, format, photometric);
    image.SetDataElement(one_fragment(frame));
    if (image.GetBufferLength() != expected)
      throw error("E_DECODE", fmt::format("{}: {} bytes, expected {}", syntax.name, image.GetBufferLength(), expected));
    out.bytes.resize(expected);
    if (!image.GetBuffer(reinterpret_cast<char*>(out.bytes.data())) || image.GetBufferLength() != expected)
      throw error("E_DECODE", fmt::format("{}: the bitstream is damaged", syntax.name));
  } catch (const error&) {
    throw;
  } catch (const std::exception&) {
    throw error("E_DECODE", fmt::format("{}: the bitstream is damaged", syntax.name));
  }
  return out;
}

#endif

}  // namespace medvision
