// SPDX-License-Identifier: Apache-2.0
// DICOM pictures: what the header says, and the stored values of one frame. The file is walked by our own reader, with
// every length checked; GDCM decodes compressed bitstreams and does nothing else. What leaves a file is an allow-list:
// the identity of a patient stands apart from everything else, for the caller to leave behind.
#pragma once

#include <map>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>

#include "medvision/io/dicom_gray.hpp"
#include "medvision/io/image_file.hpp"

namespace medvision {

/// Millimetres between the centres of rows and of columns, and which attribute says so.
struct dicom_spacing {
  double row = 0, column = 0;
  std::string source;  ///< "PixelSpacing", "PixelSpacing GEOMETRY", "ImagerPixelSpacing", "NominalScannedPixelSpacing"
};

/// As the file has it, any bytes that are not UTF-8 written %XX.
struct dicom_identity {
  std::string patient_id, patient_name, study_uid;
};

struct dicom_header {
  int width = 0, height = 0, frames = 1, samples = 1;
  int bits_allocated = 8, bits_stored = 8, high_bit = 7;
  bool is_signed = false, planar = false;
  std::string photometric, syntax;  ///< syntax: "explicit-little", "jpeg-lossless-sv1", …
  gray_meaning gray;                ///< of a grey picture
  std::optional<dicom_spacing> spacing;
  std::string remark;  ///< of what was ignored: "" or a sentence
  /// modality, side (L or R), view, presentation_intent, body_part, burned_in, transfer_syntax, photometric: each only
  /// where its value is one of the standard's code strings.
  std::map<std::string, std::string> tags;
  dicom_identity identity;
  [[nodiscard]] bool is_color() const { return samples == 3 || photometric == "PALETTE COLOR"; }
};

/// One frame. pixels: H×W; grey: stored values as they are, 8U or 16U (two's complement when signed); colour: blue,
/// green, red of `bits` bits, 8U or 16U.
struct dicom_picture {
  dicom_header header;
  cv::Mat pixels;
  int bits = 8;
};

/// By its first bytes. Throws E_MISSING, E_READ as input_file.
bool is_dicom(const std::string& path);

/// The header alone, of a frame where frames differ. frame_number: 0 for the only one or the first, else from 1.
/// Throws E_FORMAT, E_TRUNCATED, E_DECODE, E_LIMIT (as dicom_elements), E_DICOM_VALUE (an attribute out of range),
/// E_UNSUPPORTED (no picture, a transfer syntax without decoder, 32 bits a sample, …), E_TOO_LARGE, E_PAGES (no such
/// frame).
dicom_header probe_dicom(const std::string& path, int frame_number, const image_limits& limits = {});

/// The same as probe_image has it: channels and depth as read_dicom gives them, frames in `pages`, format "dicom".
image_info dicom_size(const std::string& path, const image_limits& limits = {});

/// One frame, decoded. Throws as probe_dicom, E_PAGES too for several frames when frame_number is 0, E_BUILD
/// (environment) where compressed pixels meet a build without GDCM. Overlays are not drawn.
/// Source: DICOM PS3.3 C.7.6.3, PS3.5 section 8 and annex A.
dicom_picture read_dicom(const std::string& path, int frame_number, const image_limits& limits = {});

/// What stands for a patient in records: 16 hex digits of HMAC-SHA-256 with the salt as key; "" for an empty id.
std::string patient_key(const std::string& salt, const std::string& patient_id);

/// Tags of a patient: as the file has it when `keep`, its key when there is a salt, else none.
std::map<std::string, std::string> identity_tags(const dicom_identity& who, bool keep, const std::string& salt);

/// The salt in `text` of the file `name`: without line ends behind it. Throws E_OPTION (request) when that is empty or
/// more than 4096 bytes.
std::string salt_in(std::string text, const std::string& name);

}  // namespace medvision
